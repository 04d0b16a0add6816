#pragma once

#include <gmock/gmock.h>

#include <cstdint>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "models/model_builder.h"
#include "models/sequence_model.h"
#include "src/experiment/config.h"
#include "tests/train/files/temporary_folder.h"
#include "train/optimizers/flat_parameters.h"
#include "train/optimizers/optimizer.h"

namespace heed {

/// Every combination of the choices in a config: kinds, booleans, named choices. Numbers are small
/// and fixed, except the dropout, which is on or off. A combination is one value for each axis. The
/// axes come from the options that the kinds describe, so a new kind or option is included
/// automatically.
class OptionSweep {
 public:
  struct Count {
    int64_t trained = 0;
    int64_t refused = 0;
  };

  OptionSweep() {
    folder_.write("matrix.txt", matrix());
    folder_.write("text.txt", text());
    folder_.write("tiny.toml", "[task]\nkind = \"grammar\"\n[model]\nkind = \"gru\"\n");
  }

  /// Tries the combinations number 0, stride, 2 stride ... of each pair of task and model. If a
  /// pair has more than `most` of them, tries about `most`, evenly spread.
  Count run(int64_t stride, int64_t most) {
    for (const auto& task : TaskRegistry::instance().names())
      for (const auto& task_settings : all(task_axes(task), {"task.kind=" + task}, 1, most)) {
        std::unique_ptr<Task> prepared;
        for (const auto& model : ModelRegistry::instance().names())
          for (const auto& pattern : patterns_of(model))
            for (const auto& settings :
                 all(model_axes(model, pattern), task_settings, stride, most))
              try_one(settings, prepared);
      }
    return count_;
  }

 private:
  using Settings = std::vector<std::string>;  // KEY=VALUE
  struct Axis {
    std::string key;
    std::vector<std::string> values;
  };

  // The number of positions of the longest row, an image of 8 x 8 pixels.
  static std::string matrix() {
    std::string rows;
    for (int row = 0; row < 64; ++row) {
      for (int column = 0; column < 64; ++column)
        rows += row == column || (row + column) % 3 == 0 ? "1 " : "0 ";
      rows += "\n";
    }
    return rows;
  }

  static std::string text() {
    std::string words;
    for (int i = 0; i < 200; ++i) words += i % 3 ? "the cat sat\n" : "on mats ";
    return words;
  }

  std::string text_path() const { return "task.path=" + (folder_ / "text.txt").string(); }

  // The options of a section that have a few possible values.
  static std::vector<Axis> axes(const std::string& section, Configurable& configurable) {
    std::vector<Axis> result;
    OptionList list;
    configurable.describe(list);
    for (const auto& option : list.options()) {
      const auto key = section + "." + option.name;
      if (std::holds_alternative<bool*>(option.target))
        result.push_back({key, {"false", "true"}});
      else if (!option.choices.empty())
        result.push_back({key, option.choices});
      else if (option.name == "dropout")
        result.push_back({key, {"0", "0.2"}});
    }
    return result;
  }

  static std::vector<Axis> task_axes(const std::string& kind) {
    return axes("task", *TaskRegistry::instance().make(kind));
  }

  static std::vector<std::string> patterns_of(const std::string& model) {
    const bool attends = ModelRegistry::instance().make(model)->attention();
    return attends ? PatternRegistry::instance().names() : std::vector<std::string>{""};
  }

  std::vector<Axis> model_axes(const std::string& kind, const std::string& pattern) const {
    const auto builder = ModelRegistry::instance().make(kind);
    std::vector<Axis> result = {{"model.kind", {kind}}};
    const auto options = axes("model", *builder);
    result.insert(result.end(), options.begin(), options.end());
    if (auto* attention = builder->attention()) {
      attention->choose_pattern(pattern);
      result.push_back({"attention.pattern", {pattern}});
      const auto more = axes("attention", *attention);
      result.insert(result.end(), more.begin(), more.end());
      if (pattern == "matrix")
        result.push_back({"attention.matrix", {(folder_ / "matrix.txt").string()}});
    }
    return result;
  }

  // Combinations 0, stride, 2 stride ... of the axes, each after `first`.
  static std::vector<Settings> all(const std::vector<Axis>& axes, const Settings& first,
                                   int64_t stride, int64_t most) {
    int64_t total = 1;
    for (const auto& axis : axes) total *= static_cast<int64_t>(axis.values.size());
    if (total / stride > most) stride = total / most;
    while (std::gcd(stride, total) > 1) ++stride;  // else some values would never come up
    std::vector<Settings> result;
    for (int64_t number = 0; number < total; number += stride) {
      auto settings = first;
      int64_t rest = number;
      for (const auto& axis : axes) {
        const auto size = static_cast<int64_t>(axis.values.size());
        settings.push_back(axis.key + "=" + axis.values[static_cast<size_t>(rest % size)]);
        rest /= size;
      }
      settings.push_back(number / stride % 2 ? "train.precision=float64"
                                             : "train.precision=float32");
      result.push_back(std::move(settings));
    }
    return result;
  }

  // One training step, or an error with the key, the expected and the actual value.
  void try_one(Settings settings, std::unique_ptr<Task>& prepared) {
    SCOPED_TRACE(::testing::PrintToString(settings));
    const Settings fixed = {
        "model.layers=1",    "model.heads=2",     "model.d_model=8",  "attention.window=3",
        "attention.block=2", "train.context=9",   "task.max_words=9", "task.symbols=3",
        "task.gap=3",        "task.blanks=3",     "task.length=9",    "task.pairs=2",
        "task.min_period=2", "task.max_period=4", "task.size=8",      text_path()};
    settings.insert(settings.end(), fixed.begin(), fixed.end());
    try {
      auto config = read_config(folder_ / "tiny.toml", settings);
      if (prepared)
        config.task = std::move(prepared);
      else
        prepare_task(config);
      const auto model = build_model_of(config, prepared);
      if (model) train(*model, *prepared, config);
    } catch (const ConfigError& error) {
      expect_reason(error);
    } catch (const std::exception& error) {
      ADD_FAILURE() << "not a refusal, but: " << error.what();
    }
  }

  // Returns the task, whether the model can be built or not.
  std::shared_ptr<SequenceModel> build_model_of(ExperimentConfig& config,
                                                std::unique_ptr<Task>& prepared) {
    std::shared_ptr<SequenceModel> model;
    try {
      model = build_model(config);
    } catch (const ConfigError& error) {
      expect_reason(error);
    }
    prepared = std::move(config.task);
    return model;
  }

  void train(SequenceModel& model, const Task& task, const ExperimentConfig& config) {
    FlatParameters parameters(model);
    const auto optimizer = config.train.make_optimizer(parameters);
    const auto before = parameters.values().clone();
    const auto batch = task.batch(Split::train, 0, 3).to(parameters.values().options());
    parameters.zero_gradients();
    const auto loss = task.loss(model.forward(batch.input), batch);
    loss.backward();
    optimizer->step(1e-2);
    EXPECT_TRUE(std::isfinite(loss.item<double>()));
    EXPECT_TRUE(parameters.values().isfinite().all().item<bool>());
    EXPECT_FALSE(parameters.values().equal(before));
    ++count_.trained;
  }

  void expect_reason(const ConfigError& error) {
    EXPECT_THAT(error.what(), ::testing::ContainsRegex(
                                  "(tiny.toml|--set).*: (model|attention)\\..*: .*expected .*"));
    ++count_.refused;
  }

  TemporaryFolder folder_;
  Count count_;
};

}  // namespace heed
