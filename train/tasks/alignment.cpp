#include "train/tasks/alignment.h"

#include "train/data/batch.h"

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
  std::vector<std::vector<int64_t>> found;  // [L][H + 1]
  for (const auto& layer : hits.unbind()) {
    const auto numbers = layer.contiguous();
    found.emplace_back(numbers.data_ptr<int64_t>(), numbers.data_ptr<int64_t>() + numbers.numel());
  }
  append({std::move(found), (asked.sum() + sure.sum()).item<int64_t>()});
}

void AlignmentErrors::append(const AlignmentErrors& more) {
  links_ += more.links_;
  if (hits_.empty()) {
    hits_ = more.hits_;
    return;
  }
  for (size_t layer = 0; layer < more.hits_.size(); ++layer)
    for (size_t head = 0; head < more.hits_[layer].size(); ++head)
      hits_[layer][head] += more.hits_[layer][head];
}

std::vector<HeadAlignment> AlignmentErrors::rates() const {
  std::vector<HeadAlignment> result;
  if (links_ == 0) return result;
  for (size_t layer = 0; layer < hits_.size(); ++layer) {
    const size_t heads = hits_[layer].size() - 1;
    for (size_t head = 0; head <= heads; ++head)
      result.push_back({.layer = static_cast<int64_t>(layer),
                        .head = head < heads ? static_cast<int64_t>(head) : -1,
                        .error_rate = 1 - static_cast<double>(hits_[layer][head]) /
                                              static_cast<double>(links_)});
  }
  return result;
}

const HeadAlignment* best_head(const std::vector<HeadAlignment>& rates) {
  const HeadAlignment* best = nullptr;
  for (const auto& rate : rates)
    if (rate.head >= 0 && (!best || rate.error_rate < best->error_rate)) best = &rate;
  return best;
}

}  // namespace heed
