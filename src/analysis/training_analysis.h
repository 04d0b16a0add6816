#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "src/analysis/options.h"
#include "src/analysis/sentence_sample.h"
#include "train/run_directory.h"

namespace heed {

class SequenceModel;

/// Measures the heads every so many steps while a model trains, so that the moment when one forms
/// can be seen: a row a head and step in heads_by_step.csv, and one sentence's maps a step,
/// float16, in maps/step_000100.safetensors.
class TrainingAnalysis {
 public:
  /// Draws its sentences; nothing is written yet. All must outlive it.
  TrainingAnalysis(SequenceModel& model, const Task& task, const AnalysisOptions& options,
                   std::filesystem::path folder);

  /// Whether there is anything to measure: heads, and steps to do it at.
  bool active() const;

  /// Begins anew, with the model as it is before its first step; or, behind a resumed step, drops
  /// what was written of later ones.
  void start(int64_t step);

  /// Measures if it is time to.
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

/// Draws heads_by_step.csv beside the validation loss of metrics.csv: what each head does against
/// the step. Returns whether there was something to draw.
bool draw_emergence(const std::filesystem::path& folder, const std::filesystem::path& metrics,
                    const std::string& name, const std::filesystem::path& stem);

}  // namespace heed
