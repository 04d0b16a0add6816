#include "train/distributed/distributed_gradients.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <array>

#include "train/checkpoint.h"

namespace heed {
namespace {

// The share whose backward pass runs on this thread, since a parameter's hook gets the gradient
// alone; -1: none.
thread_local int64_t share_on_this_thread = -1;

class ShareScope {
 public:
  explicit ShareScope(int64_t share) { share_on_this_thread = share; }
  ~ShareScope() { share_on_this_thread = -1; }
  ShareScope(const ShareScope&) = delete;
  ShareScope& operator=(const ShareScope&) = delete;
};

}  // namespace

DistributedGradients::DistributedGradients(SequenceModel& model, const Task& task,
                                           const FlatParameters& flat_parameters,
                                           const TrainOptions& options, Communicator& ranks)
    : LocalGradients(model, task, flat_parameters, options),
      ranks_(ranks),
      all_reduce_(flat_parameters, ranks),
      arrivals_(parameters().size()) {
  for (size_t i = 0; i < parameters().size(); ++i)
    hooks_.push_back(parameters()[i].register_hook([this, i](const at::Tensor& gradient) {
      if (share_on_this_thread >= 0) arrive(static_cast<size_t>(share_on_this_thread), i, gradient);
    }));
}

DistributedGradients::~DistributedGradients() {
  for (size_t i = 0; i < hooks_.size(); ++i) parameters()[i].remove_hook(hooks_[i]);
}

Gradients::Loss DistributedGradients::of_step(int64_t step) {
  const auto generator = generator_state();
  try {
    return LocalGradients::of_step(step);
  } catch (const RanksLost&) {
    restore_generator(generator);
    throw;
  }
}

Batch DistributedGradients::make_batch(int64_t first) const {
  const auto rows = ranks_.shard(options().batch);
  return task()
      .batch(Split::train, first + rows.first, rows.end - rows.first)
      .to(parameters().front().options());
}

Gradients::Loss DistributedGradients::of_batch(const Batch& batch, Pass pass, uint64_t seed) {
  const auto whole = sum_sizes(batch);
  auto shares = make_shares(batch);
  shares_ = pass.last ? &shares : nullptr;
  if (pass.last) {
    replace_ = pass.first;
    arrived_.assign(shares.size(), std::vector<bool>(parameters().size()));
    for (auto& arrivals : arrivals_) arrivals = 0;
    all_reduce_.begin();
  }
  const auto first_share = static_cast<uint64_t>(ranks_.rank() * at::get_num_threads());
  compute_shares(shares, batch, pass.factor, whole.scored, seed + first_share);
  if (pass.last)
    all_reduce_.finish();
  else
    add_up(shares, pass.first);
  shares_ = nullptr;
  std::array<double, 1> loss = {0};
  for (const auto& share : shares) loss[0] += share.loss;
  ranks_.sum(loss);
  return {.mean = loss[0], .tokens = whole.tokens};
}

// The size of the whole batch, whose rows would all be as wide as the widest rank's.
DistributedGradients::Size DistributedGradients::sum_sizes(const Batch& batch) const {
  std::vector<double> sums(2 + static_cast<size_t>(ranks_.size()), 0);
  sums[0] = count_scored(batch);
  sums[1] = static_cast<double>(batch.input.rows());
  sums[2 + static_cast<size_t>(ranks_.rank())] = static_cast<double>(batch.input.values.size(1));
  ranks_.sum(sums);
  const double widest = *std::max_element(sums.begin() + 2, sums.end());
  return {.scored = sums[0], .tokens = static_cast<int64_t>(sums[1] * widest)};
}

void DistributedGradients::differentiate(Share& share, const at::Tensor& loss) {
  if (!shares_) return LocalGradients::differentiate(share, loss);
  const auto number = static_cast<size_t>(&share - shares_->data());
  share.gradients.resize(parameters().size());
  Share found;
  {
    const ShareScope scope(static_cast<int64_t>(number));
    LocalGradients::differentiate(found, loss);  // the hooks fill in share.gradients
  }
  // The gradients that no hook saw: the loss does not depend on these parameters, or, on a GPU,
  // the hooks run on other threads.
  for (size_t i = 0; i < parameters().size(); ++i)
    if (!arrived_[number][i]) arrive(number, i, found.gradients[i]);
}

void DistributedGradients::arrive(size_t share, size_t parameter, const at::Tensor& gradient) {
  (*shares_)[share].gradients[parameter] = gradient;
  arrived_[share][parameter] = true;
  if (++arrivals_[parameter] < std::ssize(*shares_)) return;
  add_up(*shares_, parameter, replace_);
  all_reduce_.ready(parameter);
}

}  // namespace heed
