#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "models/attention/attention_hook.h"
#include "train/tasks/task.h"

namespace heed {

class SequenceModel;

/// The sentences that heads are measured on, in batches.
struct SentenceSample {
  std::vector<Batch> batches;
  std::vector<std::vector<GoldLinks>> gold_links = {};  ///< of each batch, one per kind
  int64_t count = 0;

  /// [B, T] bool: the answers of a batch that true links decide; undefined where none is known, and
  /// where a sequence has one answer.
  at::Tensor mask_links(size_t batch) const;
};

/// The first `count` rows of a split, or all of them, on the device and in the type of `like`.
SentenceSample draw_sentences(const Task& task, Split split, int64_t count,
                              const at::TensorOptions& like, int64_t batch_rows = 32);

/// How well a model does on sentences, one number per sentence.
struct Performance {
  std::vector<double> loss;           ///< mean over the scored answers
  std::vector<double> loss_on_links;  ///< mean over the answers that true links decide, or NaN
  Scores scores;                      ///< what the task counts
};

/// In evaluation mode, without gradients. `hook` observes or changes what the heads compute; it may
/// be null.
Performance evaluate_sentences(SequenceModel& model, const Task& task,
                               const SentenceSample& sentences, AttentionHook* hook = nullptr);

/// A mean over sentences and its uncertainty.
struct MeanEstimate {
  double mean = 0;        ///< NaN where no sentence has a value
  double error = 0;       ///< standard error over sentences
  int64_t sentences = 0;  ///< that have a value
};

/// after - before, sentence by sentence; NaN in either is left out.
MeanEstimate loss_increase(const std::vector<double>& before, const std::vector<double>& after);

}  // namespace heed
