#pragma once

#include <string>
#include <vector>

#include "models/attention/attention_hook.h"
#include "src/analysis/sentence_sample.h"

namespace heed {

class SequenceModel;

/// How well a model does on sentences, one number a sentence.
struct Performance {
  std::vector<double> loss;  ///< mean over what is asked
  std::vector<double>
      loss_on_links;  ///< mean over the answers that true links decide, NaN without any
  Evaluation scores;  ///< what the task counts; only its `scores` are filled in
};

/// In evaluation mode, without gradients. `hook` looks on, or changes what heads give; it may be
/// null.
Performance evaluate_sentences(SequenceModel& model, const Task& task,
                               const SentenceSample& sentences, AttentionHook* hook = nullptr);

/// A mean over sentences and how sure it is.
struct MeanEstimate {
  double mean = 0;        ///< NaN where no sentence has a value
  double error = 0;       ///< standard error over sentences
  int64_t sentences = 0;  ///< that have a value
};

/// after - before, sentence by sentence; NaN in either is left out.
MeanEstimate loss_increase(const std::vector<double>& before, const std::vector<double>& after);

}  // namespace heed
