#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/attention/gradient_flow.h"
#include "src/compare/plan.h"
#include "src/experiment/run.h"
#include "train/evaluation.h"
#include "train/tasks/task.h"

namespace heed {

/// One evaluation while training.
struct CurvePoint {
  int64_t step = 0;
  int64_t tokens = 0;
  double seconds = 0;  ///< of training
  double loss = 0;
  std::optional<double> measure = {};  ///< the task's main measure
};

/// What a comparison knows about one run: result.json in its directory.
struct RunResult {
  std::string name;
  GridPoint grid_point;
  std::string task_kind, model_kind;
  bool attends = false;
  int64_t width = 0, parameters = 0;
  int64_t steps = 0, tokens = 0;
  double train_seconds = 0, tokens_per_second = 0;
  LossUnit unit = LossUnit::nats;
  std::string main_measure;
  std::optional<double> bound = {};
  std::vector<Baseline> baselines = {};
  std::vector<CurvePoint> curve = {};
  Evaluation validation = {};
  Evaluation test = {};                          ///< on the test split; no rows where there is none
  std::optional<Evaluation> extrapolation = {};  ///< on the test split with the settings of [test]
  std::string extrapolation_failure = {};        ///< why there is none
  GradientFlow at_start = {}, after = {};        ///< empty where it was not measured
  std::string failure = {};                      ///< why the run failed; empty: it succeeded

  const std::string& label(const std::string& axis) const { return label_at(grid_point, axis); }
  /// What the report shows: the test split, or the validation split where there is no test.
  const Evaluation& final_evaluation() const { return test.rows > 0 ? test : validation; }
};

/// Measures a trained run: its best weights on validation and test, once more with `test_settings`,
/// and how gradients flow through it before and after training. Throws what open_run throws.
RunResult measure_run(const std::filesystem::path& run,
                      const std::vector<std::string>& test_settings);

/// result.json; read_result() throws std::runtime_error for any other file.
void write_result(const std::filesystem::path& path, const RunResult& result);
RunResult read_result(const std::filesystem::path& path);

}  // namespace heed
