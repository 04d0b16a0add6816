#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "src/analysis/head_importance.h"
#include "src/analysis/head_role.h"
#include "src/analysis/head_survey.h"

namespace heed {

/// What one head does, and how important it is.
struct HeadReport {
  HeadId head = {};
  HeadRole role = {};
  HeadSurvey::Head trained = {};
  HeadSurvey::Head untrained = {};  ///< the same head before training
  std::vector<HeadLink> links = {};
  std::vector<HeadLink> links_untrained = {};
  HeadImportance importance = {};
};

/// What is left when all heads of one layer are set to their means.
struct LayerReport {
  LayerId layer_id = {};
  double differ = no_number;  ///< mean Jensen-Shannon distance between its heads; NaN for one head
  double differ_untrained = no_number;
  AblationCost cost = {};
  HeadSurvey without = {};  ///< where the other heads look then
};

/// Everything that `heed analyze` finds out about a run.
struct Analysis {
  std::string name = {};  ///< the run's
  std::string task_kind = {};
  std::string model_kind = {};
  int64_t step = 0;       ///< of the checkpoint
  int64_t sentences = 0;  ///< that were measured
  Split split = Split::validation;
  MeanEstimate loss = {};                ///< of the intact model: the mean over sentences
  MeanEstimate loss_on_links = {};       ///< over the answers that true links decide
  std::string measure = {};              ///< the task's main measure; empty: it has none
  std::optional<double> accuracy = {};   ///< of the intact model in that measure
  std::vector<HeadReport> heads = {};    ///< by layer
  std::vector<LayerReport> layers = {};  ///< in order
  HeadSurvey survey = {};
  HeadSurvey untrained = {};
};

/// The heads by importance, the loss increase with the head at its mean; the most important first.
std::vector<const HeadReport*> heads_by_cost(const Analysis& analysis);

/// A trained model, the same model before training, and their task. All must outlive the analysis.
struct AnalyzedModel {
  std::string name;  ///< of the run
  std::string task_kind, model_kind;
  int64_t step = 0;
  std::string origin;  ///< for errors: the path of the run
  const Task& task;
  SequenceModel& trained;
  SequenceModel& untrained;
};

struct AnalysisRequest {
  int64_t sentences = 256;
  Split split = Split::validation;
  /// Called with the number of heads done and of all heads.
  std::function<void(int64_t, int64_t)> on_progress = {};
};

/// Measures a model before and after training. Throws std::runtime_error where it has no attention
/// or the split has no rows.
Analysis analyze(const AnalyzedModel& model, const AnalysisRequest& request);

/// A head's numbers for head_role().
HeadNumbers collect_numbers(const HeadSurvey::Head& head, const std::vector<HeadLink>& links);

/// How a head follows each kind of link that it could follow.
std::vector<HeadLink> collect_links(const HeadSurvey& survey, const HeadId& head);

}  // namespace heed
