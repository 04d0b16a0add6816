#include "train/gradients.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>

#include <mutex>

#include "models/compute.h"
#include "models/layers/dropout.h"
#include "models/sequence_model.h"

namespace heed {
namespace {

// With that many rows per thread, it does not matter much if some threads get one row more.
constexpr int64_t enough_rows = 4;

// Drawn from LibTorch's generator, whose state checkpoints keep.
uint64_t draw_seed() {
  auto generator = at::detail::getDefaultCPUGenerator();
  const std::lock_guard<std::mutex> lock(generator.mutex());
  return at::check_generator<at::CPUGeneratorImpl>(generator)->random64();
}

}  // namespace

LocalGradients::LocalGradients(SequenceModel& model, const Task& task,
                               const FlatParameters& parameters, const TrainOptions& options)
    : model_(model),
      task_(task),
      options_(options),
      compute_(options.compute()),
      parameters_(parameters.parameters()) {}

Gradients::Loss LocalGradients::of_step(int64_t step) {
  const int64_t passes = options_.accumulate;
  const double factor = 1 / static_cast<double>(passes);
  Loss result;
  for (int64_t pass = 0; pass < passes; ++pass) {
    const auto batch = make_batch((step * passes + pass) * options_.batch);
    const auto found = of_batch(
        batch, {.factor = factor, .first = pass == 0, .last = pass + 1 == passes}, draw_seed());
    result.mean += factor * found.mean;
    result.tokens += found.tokens;
  }
  return result;
}

Gradients::Loss LocalGradients::of_batch(const Batch& batch, Pass pass, uint64_t seed) {
  auto shares = make_shares(batch);
  compute_shares(shares, batch, pass.factor, count_scored(batch), seed);
  add_up(shares, pass.first);
  Loss result{.mean = 0, .tokens = batch.input.rows() * batch.input.values.size(1)};
  for (const auto& share : shares) result.mean += share.loss;
  return result;
}

int64_t LocalGradients::share_count(int64_t rows, int64_t threads) {
  return rows % threads == 0 || rows >= enough_rows * threads ? threads : 1;
}

Batch LocalGradients::make_batch(int64_t first) const {
  return task_.batch(Split::train, first, options_.batch).to(parameters_.front().options());
}

std::vector<LocalGradients::Share> LocalGradients::make_shares(const Batch& batch) const {
  const bool on_cpu = parameters_.front().is_cpu();
  return std::vector<Share>(static_cast<size_t>(
      on_cpu ? share_count(batch.input.rows(), at::get_num_threads()) : int64_t{1}));
}

void LocalGradients::compute_shares(std::vector<Share>& shares, const Batch& batch, double factor,
                                    double scored, uint64_t seed) {
  const int64_t rows = batch.input.rows(), count = std::ssize(shares);
  const auto compute = [&](int64_t number) {
    const ComputeScope scope(compute_);
    const DropoutScope dropout(seed + static_cast<uint64_t>(number));
    const int64_t first = number * rows / count, end = (number + 1) * rows / count;
    compute_share(shares[static_cast<size_t>(number)],
                  count == 1 ? batch : batch.narrow(first, end - first), factor, scored);
  };
  if (count == 1) return compute(0);  // the threads work on each operation together
  parallel_for(
      count, 1,
      [&](int64_t begin, int64_t end) {
        for (int64_t number = begin; number < end; ++number) compute(number);
      },
      /*chunks_per_thread=*/1);
}

// The mean is over the whole batch, so a share counts by its scored positions.
void LocalGradients::compute_share(Share& share, const Batch& batch, double factor, double scored) {
  at::Tensor scaled;
  if (const double here = count_scored(batch); here > 0) {
    const auto loss = task_.loss(model_.forward(batch.input), batch) * (here / scored);
    share.loss = loss.item<double>();
    scaled = loss * factor;
  }
  differentiate(share, scaled);
}

void LocalGradients::differentiate(Share& share, const at::Tensor& loss) {
  share.gradients.resize(parameters_.size());
  if (loss.defined())
    share.gradients = torch::autograd::grad({loss}, parameters_, {}, /*retain_graph=*/std::nullopt,
                                            /*create_graph=*/false, /*allow_unused=*/true);
}

void LocalGradients::add_up(const std::vector<Share>& shares, size_t parameter,
                            bool replace) const {
  auto& sum = parameters_[parameter].mutable_grad();
  std::vector<at::Tensor> terms;
  if (!replace) terms.push_back(sum);
  for (const auto& share : shares)
    if (share.gradients[parameter].defined()) terms.push_back(share.gradients[parameter]);
  if (terms.empty())
    sum.zero_();
  else if (terms.size() == 1)
    sum.copy_(terms[0]);  // copies nothing if it is the sum itself
  else
    at::add_out(sum, terms[0], terms[1]);
  for (size_t term = 2; term < terms.size(); ++term) sum.add_(terms[term]);
}

void LocalGradients::add_up(const std::vector<Share>& shares, bool replace) const {
  parallel_for(std::ssize(parameters_), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) add_up(shares, static_cast<size_t>(i), replace);
  });
}

double LocalGradients::count_scored(const Batch& batch) const {
  return task_.scored(batch).sum().item<double>();
}

}  // namespace heed
