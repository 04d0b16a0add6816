#pragma once

#include <map>
#include <optional>
#include <vector>

#include "models/attention/head_ablation.h"
#include "src/analysis/head_id.h"
#include "src/analysis/sentence_sample.h"

namespace heed {

/// What a model loses when some heads are ablated.
struct AblationCost {
  MeanEstimate all;                    ///< increase in loss over all scored answers
  MeanEstimate loss_on_links;          ///< the same over the answers that true links decide
  std::optional<double> measure = {};  ///< the task's main measure, without these heads
};

struct HeadImportance {
  AblationCost zero;  ///< its output set to zero everywhere, which the model never saw in training
  AblationCost mean;  ///< its output set to its mean over these sentences
  /// |dL/dg| for a factor g = 1 on the head's output, L the loss of a sentence, the absolute value
  /// taken sentence by sentence, then the mean (Michel et al. 2019, 1905.10650, equation 2).
  MeanEstimate gradient;
};

/// Measures the importance of heads on sentences by running the model with them ablated.
class HeadAblator {
 public:
  /// Runs the intact model three times: for its losses, the means and the gradients. The arguments
  /// must outlive the ablator.
  HeadAblator(SequenceModel& model, const Task& task, const SentenceSample& sentences);

  const Performance& intact() const { return intact_; }
  std::optional<double> intact_measure() const { return find_measure(intact_); }

  /// All heads, by layer.
  std::vector<HeadId> heads() const;

  HeadImportance importance(const HeadId& head) const;

  /// Sets all heads of one attention to their means.
  HeadAblation layer_ablation(const LayerId& layer_id) const;

  /// What the model loses under an ablation.
  AblationCost cost(HeadAblation ablation) const;

 private:
  std::optional<double> find_measure(const Performance& performance) const;
  void find_means();
  void find_gradients();

  SequenceModel& model_;
  const Task& task_;
  const SentenceSample& sentences_;
  Performance intact_;
  std::map<LayerId, at::Tensor> means_;              // [H, K]
  std::map<HeadId, std::vector<double>> gradients_;  // |dL/dg|, one per sentence
};

}  // namespace heed
