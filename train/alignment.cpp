#include "train/alignment.h"

#include "train/task.h"

namespace heed {

void AlignmentErrors::add(const at::Tensor& weights, const Batch& batch) {
  const auto all = at::cat({weights, weights.mean(2, /*keepdim=*/true)}, 2);  // [L, B, H + 1, T, S]
  const auto links = all.argmax(-1);                                          // [L, B, H + 1, T]
  const auto first = batch.alignment.unsqueeze(1);                            // [B, 1, T]
  const auto second = batch.also_aligned.defined() ? batch.also_aligned.unsqueeze(1)
                                                   : at::full_like(first, not_scored);
  const auto asked = first.ne(not_scored), sure = asked.logical_and(second.eq(not_scored));
  const auto possible = links.eq(first).logical_or(links.eq(second)).logical_and(asked);
  const auto hits = (possible.sum({1, 3}) + possible.logical_and(sure).sum({1, 3})).cpu();
  hits_ = hits_.defined() ? hits_ + hits : hits;  // [L, H + 1]
  links_ += (asked.sum() + sure.sum()).item<int64_t>();
}

std::vector<HeadAlignment> AlignmentErrors::rates() const {
  std::vector<HeadAlignment> result;
  if (links_ == 0) return result;
  const int64_t layers = hits_.size(0), heads = hits_.size(1) - 1;
  for (int64_t layer = 0; layer < layers; ++layer)
    for (int64_t head = 0; head <= heads; ++head)
      result.push_back({.layer = layer,
                        .head = head < heads ? head : -1,
                        .error_rate = 1 - static_cast<double>(hits_[layer][head].item<int64_t>()) /
                                              static_cast<double>(links_)});
  return result;
}

const HeadAlignment* best_head(const std::vector<HeadAlignment>& rates) {
  const HeadAlignment* best = nullptr;
  for (const auto& rate : rates)
    if (rate.head >= 0 && (!best || rate.error_rate < best->error_rate)) best = &rate;
  return best;
}

}  // namespace heed
