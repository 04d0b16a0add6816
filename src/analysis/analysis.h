#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "src/analysis/head_importance.h"
#include "src/analysis/head_role.h"
#include "src/analysis/head_survey.h"
#include "src/experiment/run.h"

namespace heed {

/// What one head does, and what it is worth.
struct HeadReport {
  HeadId head = {};
  HeadRole role = {};
  HeadSurvey::Head trained = {};
  HeadSurvey::Head untrained = {};  ///< the same head before training
  std::vector<HeadLink> links = {};
  std::vector<HeadLink> links_untrained = {};
  HeadImportance importance = {};
};

/// What is left without the heads of one attention, all set to their means.
struct LayerReport {
  LayerId layer_id = {};
  double differ = no_number;  ///< mean Jensen-Shannon distance between its heads; NaN of one head
  double differ_untrained = no_number;
  AblationCost cost = {};
  HeadSurvey without = {};  ///< where the heads look then
};

/// All that `heed analyze` finds out about a run.
struct Analysis {
  std::string name = {};  ///< the run's
  std::string task_kind = {};
  std::string model_kind = {};
  int64_t step = 0;       ///< of the checkpoint
  int64_t sentences = 0;  ///< measured on
  Split split = Split::validation;
  MeanEstimate loss = {};                ///< of the whole model: its mean over sentences
  MeanEstimate loss_on_links = {};       ///< over the answers that true links decide
  std::string measure = {};              ///< the task's main one; empty: it has none
  std::optional<double> accuracy = {};   ///< of the whole model, in that measure
  std::vector<HeadReport> heads = {};    ///< in the order of their places
  std::vector<LayerReport> layers = {};  ///< the same
  HeadSurvey survey = {};
  HeadSurvey untrained = {};
};

/// The heads in the order of what their ablation costs (at their means, over all that is asked),
/// the most important first.
std::vector<const HeadReport*> heads_by_cost(const Analysis& analysis);

struct AnalysisRequest {
  int64_t sentences = 256;
  Split split = Split::validation;
  /// Called with the heads done and all heads.
  std::function<void(int64_t, int64_t)> on_progress = {};
};

/// Measures a run, and the same model as its seed made it before training. Throws
/// std::runtime_error where it has no attention or the split has no rows.
Analysis analyze(const Run& run, const AnalysisRequest& request);

/// A head's numbers as head_role() wants them.
HeadNumbers collect_numbers(const HeadSurvey::Head& head, const std::vector<HeadLink>& links);

/// What a head has to do with each kind of link that it could follow.
std::vector<HeadLink> collect_links(const HeadSurvey& survey, const HeadId& head);

}  // namespace heed
