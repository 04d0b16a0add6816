#pragma once

#include <torch/nn/modules/linear.h>

#include <memory>
#include <string>

#include "models/sequence_model.h"
#include "src/experiment/config.h"
#include "src/experiment/run.h"
#include "src/experiment/vocabulary_file.h"
#include "tests/src/files/readers.h"
#include "train/checkpoint.h"

namespace heed {

// Readers of the files of a run. The folder must outlive them.

inline Reader config_reader(const TemporaryFolder& folder) {
  const auto path = folder.write(
      "a.toml",
      "name = \"tiny\"\nseed = 3\n[task]\nkind = \"grammar\"\nevaluation_rows = 8\n[model]\n"
      "kind = \"transformer\"\nlayers = 1\nheads = 2\nd_model = 16\n[train]\nsteps = 10\n"
      "lr = 1e-3\n[attention]\npattern = \"local\"\nwindow = 4\n");
  return path_reader("config", path, [path] { read_config(path); });
}

inline Reader vocabulary_reader(const TemporaryFolder& folder) {
  const auto path = folder / "vocabulary.json";
  write_vocabulary(path, {.unit = "word", .tokens = {"<unk>", "na\xc3\xafve", "cats", "\""}});
  return path_reader("vocabulary", path, [path] { read_vocabulary(path); });
}

/// A reader of one file of a checkpoint: "state.json", "model.safetensors" or
/// "optimizer.safetensors".
inline Reader checkpoint_reader(const TemporaryFolder& folder, const std::string& file) {
  struct Training {
    torch::nn::Linear layer{3, 2};
    FlatParameters parameters{*layer};
    std::unique_ptr<Optimizer> optimizer = OptimizerRegistry::instance().make("adamw");
  };
  const auto training = std::make_shared<Training>();
  training->optimizer->attach(training->parameters, {});
  const auto path = folder / "last";
  save_checkpoint(path, *training->layer, training->optimizer.get(), {.step = 7, .tokens = 70});
  return path_reader(file, path / file, [training, path] {
    load_checkpoint(path, *training->layer, *training->optimizer);
  });
}

/// A reader of one file of a run directory after one training step.
inline Reader run_reader(const TemporaryFolder& folder, const std::string& file) {
  folder.write("text.txt",
               "the cat sat on the mat, the dog sat on the log, and the rat sat on the cat .\n");
  folder.write("tiny.toml", "[task]\nkind = \"text\"\npath = '" + (folder / "text.txt").string() +
                                "'\n[model]\nkind = \"gru\"\nlayers = 1\nd_model = 4\n"
                                "[train]\ncontext = 4\n");
  auto config = read_config(folder / "tiny.toml");
  prepare_task(config);
  const RunDirectory run(folder / "run");
  make_folder(run.path());
  write_file(run.config(), to_toml(config));
  write_vocabulary(run.vocabulary(), config.task->tokenizer()->vocabulary());
  save_checkpoint(run.best(), *build_model(config), nullptr, {.step = 1});
  return path_reader("run's " + file, run.path() / file, [run] { open_run(run.path()); });
}

}  // namespace heed
