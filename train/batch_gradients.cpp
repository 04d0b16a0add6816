#include "train/batch_gradients.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>

#include "models/dropout.h"
#include "models/kernels/parallel.h"
#include "models/sequence_model.h"

namespace heed {
namespace {

// With so many rows a thread, one more or less is not long to wait for.
constexpr int64_t enough_rows = 4;

double count(const at::Tensor& scored) { return scored.sum().item<double>(); }

}  // namespace

BatchGradients::BatchGradients(SequenceModel& model, const Task& task,
                               const FlatParameters& parameters)
    : model_(model), task_(task), parameters_(parameters.parameters()) {}

int64_t BatchGradients::shares(int64_t rows, int64_t threads) {
  return rows % threads == 0 || rows >= enough_rows * threads ? threads : 1;
}

double BatchGradients::compute(const Batch& batch, double factor, bool add, uint64_t seed,
                               const ComputeOptions& how) {
  const int64_t rows = batch.input.rows();
  const int64_t parts =
      parameters_.front().is_cpu() ? shares(rows, at::get_num_threads()) : int64_t{1};
  const double scored = count(task_.scored(batch));
  std::vector<Share> found(static_cast<size_t>(parts));
  const auto take = [&](int64_t part) {
    const ComputeScope scope(how);
    const DropoutScope dropout(seed + static_cast<uint64_t>(part));
    const int64_t first = part * rows / parts, end = (part + 1) * rows / parts;
    found[static_cast<size_t>(part)] =
        compute_share(parts == 1 ? batch : batch.narrow(first, end - first), factor, scored);
  };
  if (parts == 1) {
    take(0);
  } else {
    parallel_for(
        parts, 1,
        [&](int64_t begin, int64_t end) {
          for (int64_t part = begin; part < end; ++part) take(part);
        },
        /*pieces_a_thread=*/1);
  }
  gather(found, add);
  double loss = 0;
  for (const auto& share : found) loss += share.loss;
  return loss;
}

BatchGradients::Share BatchGradients::compute_share(const Batch& batch, double factor,
                                                    double scored) const {
  const double own = count(task_.scored(batch));
  if (own == 0) return {.gradients = std::vector<at::Tensor>(parameters_.size())};
  const auto loss = task_.loss(model_.forward(batch.input), batch) * (own / scored);
  return {.loss = loss.item<double>(),
          .gradients = torch::autograd::grad({loss * factor}, parameters_, {},
                                             /*retain_graph=*/std::nullopt, /*create_graph=*/false,
                                             /*allow_unused=*/true)};
}

void BatchGradients::gather(const std::vector<Share>& shares, bool add) const {
  parallel_for(std::ssize(parameters_), 1, [&](int64_t begin, int64_t end) {
    for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) {
      auto& sum = parameters_[i].mutable_grad();
      std::vector<at::Tensor> terms;
      if (add) terms.push_back(sum);
      for (const auto& share : shares)
        if (share.gradients[i].defined()) terms.push_back(share.gradients[i]);
      if (terms.empty())
        sum.zero_();
      else if (terms.size() == 1)
        sum.copy_(terms[0]);  // nothing where it is the sum itself
      else
        at::add_out(sum, terms[0], terms[1]);
      for (size_t term = 2; term < terms.size(); ++term) sum.add_(terms[term]);
    }
  });
}

}  // namespace heed
