#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>
#include <string>

#include "models/sequence_model.h"
#include "src/experiment/config.h"
#include "src/experiment/run.h"
#include "tests/train/metrics_without_seconds.h"
#include "train/checkpoint.h"
#include "train/files/file.h"
#include "train/optimizers/flat_parameters.h"
#include "train/run_directory.h"

namespace heed {

/// All checkpoints of a run can be read, for inference and to continue training.
inline void expect_readable(const RunDirectory& run) {
  if (!run.holds_run()) {
    EXPECT_FALSE(checkpoint_exists(run.last()) || checkpoint_exists(run.best()));
    return;
  }
  auto config = read_config(run.config());
  prepare_task(config, load_tokenizer(run));
  const auto model = build_model(config);
  FlatParameters parameters(*model);
  const auto optimizer = config.train.make_optimizer(parameters);
  if (checkpoint_exists(run.best())) {
    EXPECT_NO_THROW(load_model(run.best(), *model));
  }
  if (checkpoint_exists(run.last())) {
    EXPECT_NO_THROW(load_checkpoint(run.last(), *model, *optimizer));
  }
}

/// Both runs ended alike bit by bit, and the second left no temporary files.
inline void expect_same_end(const RunDirectory& expected, const RunDirectory& run) {
  EXPECT_EQ(metrics_without_seconds(run), metrics_without_seconds(expected));
  for (const char* file : {"last/model.safetensors", "last/optimizer.safetensors",
                           "best/model.safetensors", "analysis/training/heads_by_step.csv"})
    if (std::filesystem::exists(expected.path() / file)) {
      EXPECT_TRUE(read_file(run.path() / file) == read_file(expected.path() / file)) << file;
    }
  for (const auto& entry : std::filesystem::directory_iterator(run.path())) {
    EXPECT_FALSE(entry.path().extension() == ".new" || entry.path().extension() == ".old")
        << entry.path();
  }
}

}  // namespace heed
