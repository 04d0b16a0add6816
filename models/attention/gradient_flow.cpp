#include "models/attention/gradient_flow.h"

#include <ATen/core/grad_mode.h>
#include <c10/util/StringUtil.h>
#include <torch/csrc/autograd/autograd.h>

#include <limits>
#include <stdexcept>

#include "models/sequence_model.h"

namespace heed {
namespace {

void check_end(const at::Tensor& end, int64_t batch, int64_t length) {
  if (end.dim() != 1 || end.size(0) != batch || end.scalar_type() != at::kLong)
    throw std::invalid_argument(c10::str("expected ends [", batch, "] of type Long, got ",
                                         end.sizes(), " of type ", end.scalar_type()));
  const auto first = end.min().item<int64_t>(), last = end.max().item<int64_t>();
  if (first < 0 || last >= length)
    throw std::invalid_argument(c10::str("expected ends from 0 to ", length - 1,
                                         ", the last position, got ", first, " to ", last));
}

// Norms of the last dimension, [B, T, ...] -> [B, T]. In double precision: the square of a small
// float would be zero.
at::Tensor compute_norms(const at::Tensor& gradients) {
  constexpr double largest = std::numeric_limits<float>::max();
  const auto norms = gradients.detach().to(at::kCPU, at::kDouble).norm(2, -1);
  return norms.nan_to_num(largest, largest).clamp_max(largest);
}

// Mean over the rows that have a position so far back: norms [B, T], end [B] -> [distances].
at::Tensor mean_by_distance(const at::Tensor& norms, const at::Tensor& end) {
  const auto longest = end.max().item<int64_t>();
  const auto positions = end.unsqueeze(1) - at::arange(longest + 1);  // [B, distances]
  const auto there = positions.ge(0);
  const auto aligned = norms.gather(1, positions.clamp_min(0));
  return aligned.masked_fill(there.logical_not(), 0).sum(0) / there.sum(0);
}

// Fills `relative` and returns what it was divided by.
double relate(const at::Tensor& means, std::vector<double>& relative) {
  const auto largest = means.max().item<double>();
  const auto shares = (largest > 0 ? means / largest : means).contiguous();
  relative.assign(shares.data_ptr<double>(), shares.data_ptr<double>() + shares.numel());
  return largest;
}

// [B, T, D], or T times [B, N], or one that no loss was computed from.
at::Tensor or_zeros(const at::Tensor& gradient, const at::Tensor& of) {
  return gradient.defined() ? gradient : at::zeros_like(of);
}

}  // namespace

GradientFlow gradient_flow(SequenceModel& model, const SequenceInput& input,
                           const std::function<at::Tensor(const at::Tensor& output)>& loss_of_rows,
                           const at::Tensor& end) {
  const EvaluationMode evaluation(model);
  const at::AutoGradMode with_gradients(true);
  const auto embedded = model.embed(input).detach().set_requires_grad(true);  // [B, T, D]
  check_end(end, embedded.size(0), embedded.size(1));
  std::vector<at::Tensor> states;  // T times [B, N], or none
  const auto output = model.has_hidden_state()
                          ? model.forward_through_states(embedded, input, states)
                          : model.forward_embedded(embedded, input);
  const auto losses = loss_of_rows(output);  // [B]
  if (losses.dim() != 1 || losses.size(0) != embedded.size(0))
    throw std::invalid_argument(
        c10::str("expected losses [", embedded.size(0), "], one a row, got ", losses.sizes()));

  std::vector<at::Tensor> leaves = {embedded};
  leaves.insert(leaves.end(), states.begin(), states.end());
  auto gradients = torch::autograd::grad({losses.sum()}, leaves, {}, /*retain_graph=*/std::nullopt,
                                         /*create_graph=*/false, /*allow_unused=*/true);
  for (size_t i = 0; i < leaves.size(); ++i) gradients[i] = or_zeros(gradients[i], leaves[i]);

  GradientFlow flow;
  const auto ends = end.cpu();
  for (int64_t d = 0; d <= ends.max().item<int64_t>(); ++d) flow.distances.push_back(d);
  flow.input_scale = relate(mean_by_distance(compute_norms(gradients[0]), ends), flow.input);
  if (states.empty()) return flow;
  gradients.erase(gradients.begin());
  flow.state_scale =
      relate(mean_by_distance(compute_norms(at::stack(gradients, 1)), ends), flow.state);
  return flow;
}

}  // namespace heed
