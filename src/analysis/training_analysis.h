#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "src/analysis/options.h"
#include "src/analysis/sentence_sample.h"
#include "train/run_directory.h"

namespace heed {

class SequenceModel;

/// Measures the heads every few steps while a model trains, which shows when they form: a row per
/// head and step in heads_by_step.csv, and the maps of one sentence at each such step, float16, in
/// maps/step_000100.safetensors.
class TrainingAnalysis {
 public:
  /// Draws the sentences and writes nothing yet. Model and task must outlive it.
  TrainingAnalysis(SequenceModel& model, const Task& task, const AnalysisOptions& options,
                   std::filesystem::path folder);

  /// True if there are heads to measure and steps to measure at.
  bool active() const;

  /// Starts over with the model before its first step or, when training resumes, drops what was
  /// written about later steps.
  void start(int64_t step);

  /// Measures if the step is a multiple of the interval.
  void on_step(int64_t step);

 private:
  void record(int64_t step);
  void keep_maps(int64_t step);

  SequenceModel& model_;
  AnalysisOptions options_;
  std::filesystem::path folder_;
  SentenceSample sentences_;
};

/// Where a run keeps what TrainingAnalysis writes.
inline std::filesystem::path training_folder(const RunDirectory& run) {
  return run.analysis() / "training";
}

/// The file of maps of a step, and the steps that have one, in order.
std::filesystem::path maps_file(const std::filesystem::path& folder, int64_t step);
std::vector<int64_t> steps_with_maps(const std::filesystem::path& folder);

}  // namespace heed
