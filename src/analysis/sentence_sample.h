#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "train/task.h"

namespace heed {

/// The sentences that heads are measured on, in batches.
struct SentenceSample {
  std::vector<Batch> batches;
  std::vector<std::vector<TokenLinks>> gold_links = {};  ///< of each batch, a kind each
  int64_t count = 0;

  /// [B, T] bool: the answers of a batch that true links decide; undefined where nobody knows any,
  /// and where a sequence has one answer.
  at::Tensor mask_links(size_t batch) const;
};

/// The first `count` rows of a split, or all it has, on the device and in the type of `like`.
SentenceSample draw_sentences(const Task& task, Split split, int64_t count,
                              const at::TensorOptions& like, int64_t batch_rows = 32);

}  // namespace heed
