#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <utility>
#include <vector>

namespace heed {

struct Batch;

/// The alignment error of one head's cross-attention.
struct HeadAlignment {
  int64_t layer = 0;
  int64_t head = 0;       ///< -1: the mean of the layer's heads
  double error_rate = 0;  ///< 0 to 1
};

/// Adds up alignment error rates over batches. A head aligns each target word with the source
/// position of its largest weight (the first of several): these are the links A. The true link of a
/// word that stands for one source word is sure (S). The links of a word that may stand for either
/// of two are possible; P holds both kinds. The rate is 1 - (|A and S| + |A and P|) / (|A| + |S|)
/// (Och & Ney 2003, "A systematic comparison of various statistical alignment models"). Without
/// words of two links it is the share of words that are aligned wrongly.
class AlignmentErrors {
 public:
  AlignmentErrors() = default;
  /// Continues from another one's sums.
  AlignmentErrors(std::vector<std::vector<int64_t>> hits, int64_t links)
      : hits_(std::move(hits)), links_(links) {}

  /// weights [L, B, H, T, S]: cross-attention for a batch whose alignment is known.
  void add(const at::Tensor& weights, const Batch& batch);

  void append(const AlignmentErrors& more);

  const std::vector<std::vector<int64_t>>& hits() const { return hits_; }
  int64_t links() const { return links_; }

  /// For each layer its heads, then their mean; empty if nothing was added.
  std::vector<HeadAlignment> rates() const;

 private:
  std::vector<std::vector<int64_t>> hits_;  // [L][H + 1]: |A and S| + |A and P|
  int64_t links_ = 0;                       // |A| + |S|
};

/// The head with the lowest rate, leaving means out; null if there is none.
const HeadAlignment* best_head(const std::vector<HeadAlignment>& rates);

}  // namespace heed
