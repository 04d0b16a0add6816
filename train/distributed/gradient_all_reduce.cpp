#include "train/distributed/gradient_all_reduce.h"

#include <numeric>

namespace heed {

GradientAllReduce::GradientAllReduce(const FlatParameters& parameters, Communicator& ranks,
                                     int64_t bucket_bytes)
    : gradients_(parameters.gradients()), ranks_(ranks) {
  int64_t first = 0;
  for (const auto& parameter : parameters.parameters()) {
    if (buckets_.empty() || buckets_.back().count * gradients_.element_size() >= bucket_bytes)
      buckets_.push_back({.first = first});
    auto& bucket = buckets_.back();
    bucket.count += parameter.numel();
    ++bucket.parameters;
    first += parameter.numel();
    bucket_of_.push_back(buckets_.size() - 1);
  }
  order_.resize(buckets_.size());
  std::iota(order_.begin(), order_.end(), size_t{0});
}

void GradientAllReduce::begin() {
  for (auto& bucket : buckets_) bucket.missing = bucket.parameters;
  started_ = 0;
}

void GradientAllReduce::ready(size_t parameter) {
  if (!gradients_.is_cpu()) return;
  const std::lock_guard<std::mutex> lock(mutex_);
  auto& bucket = buckets_[bucket_of_[parameter]];
  if (--bucket.missing == 0) {
    if (!agreed_) became_ready_.push_back(bucket_of_[parameter]);
    launch_ready();
  }
  ranks_.progress();
}

void GradientAllReduce::finish() {
  if (gradients_.is_cpu()) {
    for (auto& bucket : buckets_) bucket.missing = 0;
    launch_ready();
    ranks_.finish_sums();
    if (!agreed_) agree_on_order();
  } else {
    const auto on_cpu = gradients_.cpu();
    start(on_cpu);
    ranks_.finish_sums();
    gradients_.copy_(on_cpu);
  }
}

void GradientAllReduce::launch_ready() {
  for (; started_ < order_.size(); ++started_) {
    const auto& bucket = buckets_[order_[started_]];
    if (bucket.missing > 0) return;
    start(gradients_.narrow(0, bucket.first, bucket.count));
  }
}

void GradientAllReduce::start(const at::Tensor& numbers) {
  const auto count = static_cast<size_t>(numbers.numel());
  if (numbers.scalar_type() == at::kDouble)
    ranks_.start_sum(std::span(numbers.data_ptr<double>(), count));
  else
    ranks_.start_sum(std::span(numbers.data_ptr<float>(), count));
}

// A bucket of parameters that the loss does not depend on never becomes ready: it comes last.
void GradientAllReduce::agree_on_order() {
  std::vector<bool> listed(buckets_.size(), false);
  for (const size_t bucket : became_ready_) listed[bucket] = true;
  for (size_t bucket = 0; bucket < buckets_.size(); ++bucket)
    if (!listed[bucket]) became_ready_.push_back(bucket);
  order_ = became_ready_;
  ranks_.broadcast(std::as_writable_bytes(std::span(order_)));
  agreed_ = true;
}

}  // namespace heed
