#include "train/batch_gradients.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <array>

#include "models/compute.h"
#include "models/layers/dropout.h"
#include "models/sequence_model.h"

namespace heed {
namespace {

// With so many rows a thread, one more or less is not long to wait for.
constexpr int64_t enough_rows = 4;

double count(const at::Tensor& scored) { return scored.sum().item<double>(); }

// The share whose backward pass runs on this thread, since a parameter's hook is told no more than
// the gradient.
thread_local void* share_here = nullptr;

class ShareHere {
 public:
  explicit ShareHere(void* share) { share_here = share; }
  ~ShareHere() { share_here = nullptr; }
  ShareHere(const ShareHere&) = delete;
  ShareHere& operator=(const ShareHere&) = delete;
};

}  // namespace

BatchGradients::BatchGradients(SequenceModel& model, const Task& task,
                               const FlatParameters& parameters, Communicator& ranks)
    : model_(model), task_(task), parameters_(parameters.parameters()), ranks_(ranks) {
  if (ranks.size() == 1) return;
  all_reduce_ = std::make_unique<GradientAllReduce>(parameters, ranks);
  arrivals_ = std::vector<std::atomic<int64_t>>(parameters_.size());
  for (size_t i = 0; i < parameters_.size(); ++i)
    hooks_.push_back(parameters_[i].register_hook([this, i](const at::Tensor& gradient) {
      if (share_here) arrive(*static_cast<Share*>(share_here), i, gradient);
    }));
}

BatchGradients::~BatchGradients() {
  for (size_t i = 0; i < hooks_.size(); ++i) parameters_[i].remove_hook(hooks_[i]);
}

int64_t BatchGradients::shares(int64_t rows, int64_t threads) {
  return rows % threads == 0 || rows >= enough_rows * threads ? threads : 1;
}

BatchGradients::Loss BatchGradients::compute(const Batch& batch, double factor, Pass pass,
                                             uint64_t seed, const ComputeOptions& how) {
  const int64_t rows = batch.input.rows(), threads = at::get_num_threads();
  const int64_t parts = parameters_.front().is_cpu() ? shares(rows, threads) : int64_t{1};
  const auto whole = size_of_whole(batch);
  pass_ = pass;
  found_ = std::vector<Share>(static_cast<size_t>(parts));
  if (waits_for_ranks()) {
    all_reduce_->begin();
    for (auto& arrivals : arrivals_) arrivals = 0;
  }
  const auto take = [&](int64_t part) {
    const ComputeScope scope(how);
    const DropoutScope dropout(seed + static_cast<uint64_t>(ranks_.rank() * threads + part));
    const int64_t first = part * rows / parts, end = (part + 1) * rows / parts;
    compute_share(found_[static_cast<size_t>(part)],
                  parts == 1 ? batch : batch.narrow(first, end - first), factor, whole.scored);
  };
  if (parts == 1) {
    take(0);
  } else {
    parallel_for(
        parts, 1,
        [&](int64_t begin, int64_t end) {
          for (int64_t part = begin; part < end; ++part) take(part);
        },
        /*chunks_per_thread=*/1);
  }
  if (waits_for_ranks())
    all_reduce_->finish();
  else
    add_up_all();
  std::array<double, 1> loss = {0};
  for (const auto& share : found_) loss[0] += share.loss;
  found_.clear();
  ranks_.sum(loss);
  return {.mean = loss[0], .tokens = whole.tokens};
}

// What the ranks' rows are together. They would be as wide as the widest of them.
BatchGradients::Size BatchGradients::size_of_whole(const Batch& batch) const {
  const auto ranks = static_cast<size_t>(ranks_.size()), rank = static_cast<size_t>(ranks_.rank());
  std::vector<double> sums(2 + ranks, 0);
  sums[0] = count(task_.scored(batch));
  sums[1] = static_cast<double>(batch.input.rows());
  sums[2 + rank] = static_cast<double>(batch.input.values.size(1));
  ranks_.sum(sums);
  const double widest = *std::max_element(sums.begin() + 2, sums.end());
  return {.scored = sums[0], .tokens = static_cast<int64_t>(sums[1] * widest)};
}

void BatchGradients::compute_share(Share& share, const Batch& batch, double factor, double scored) {
  std::vector<at::Tensor> gradients(parameters_.size());
  if (waits_for_ranks()) {
    share.gradients.resize(parameters_.size());
    share.arrived.resize(parameters_.size());
  }
  if (const double scored_here = count(task_.scored(batch)); scored_here > 0) {
    const auto loss = task_.loss(model_.forward(batch.input), batch) * (scored_here / scored);
    share.loss = loss.item<double>();
    const ShareHere here(waits_for_ranks() ? &share : nullptr);
    gradients = torch::autograd::grad({loss * factor}, parameters_, {},
                                      /*retain_graph=*/std::nullopt, /*create_graph=*/false,
                                      /*allow_unused=*/true);
  }
  if (!waits_for_ranks()) {
    share.gradients = std::move(gradients);
    return;
  }
  // Those that the loss does not rest on; and on a GPU, whose hooks run on other threads, all.
  for (size_t i = 0; i < parameters_.size(); ++i)
    if (!share.arrived[i]) arrive(share, i, gradients[i]);
}

void BatchGradients::arrive(Share& share, size_t parameter, const at::Tensor& gradient) {
  share.gradients[parameter] = gradient;
  share.arrived[parameter] = true;
  if (++arrivals_[parameter] < std::ssize(found_)) return;
  add_up(parameter);
  all_reduce_->ready(parameter);
}

void BatchGradients::add_up(size_t parameter) const {
  auto& sum = parameters_[parameter].mutable_grad();
  std::vector<at::Tensor> terms;
  if (!pass_.first) terms.push_back(sum);
  for (const auto& share : found_)
    if (share.gradients[parameter].defined()) terms.push_back(share.gradients[parameter]);
  if (terms.empty())
    sum.zero_();
  else if (terms.size() == 1)
    sum.copy_(terms[0]);  // nothing where it is the sum itself
  else
    at::add_out(sum, terms[0], terms[1]);
  for (size_t term = 2; term < terms.size(); ++term) sum.add_(terms[term]);
}

void BatchGradients::add_up_all() {
  parallel_for(std::ssize(parameters_), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) add_up(static_cast<size_t>(i));
  });
}

}  // namespace heed
