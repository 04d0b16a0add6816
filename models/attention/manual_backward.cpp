#include "models/attention/manual_backward.h"

#include <ATen/ExpandUtils.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>
#include <limits>
#include <optional>

#include "models/layers/dropout.h"

namespace heed {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

constexpr double infinite_score = std::numeric_limits<double>::infinity();

double compute_scale(const at::Tensor& query) {
  return 1 / std::sqrt(static_cast<double>(query.size(-1)));
}

at::Tensor transposed(const at::Tensor& matrix) { return matrix.transpose(-2, -1); }

// In place if the shape stays the same.
void add_to(at::Tensor& scores, const at::Tensor& term) {
  if (at::is_expandable_to(term.sizes(), scores.sizes()))
    scores.add_(term);
  else
    scores = scores + term;
}

at::Tensor compute_scores(const AttentionInput& input) {
  auto scores = at::matmul(input.query * compute_scale(input.query), transposed(input.key));
  if (input.relative_query.defined()) add_to(scores, relative_scores(input));  // [..., T, S]
  if (input.bias.defined()) add_to(scores, input.bias);
  // Adding is several times as fast as filling under a mask that broadcasts.
  if (input.mask.defined()) add_to(scores, additive_mask(input.mask, scores.options()));
  return scores;
}

// The softmax of a row of only -inf, which may attend nowhere, is NaN: 0 / 0.
at::Tensor apply_softmax(const at::Tensor& scores, bool may_be_masked) {
  auto weights = scores.softmax(-1);
  if (!may_be_masked || weights.numel() == 0) return weights;
  if (weights.select(-1, 0).isnan().any().item<bool>())
    weights.masked_fill_((scores == -infinite_score).all(-1, /*keepdim=*/true), 0);
  return weights;
}

at::Tensor dropped(const at::Tensor& weights, const at::Tensor& kept, double dropout) {
  return kept.defined() ? weights * kept / (1 - dropout) : weights;
}

// Attention with its gradients by hand. S are the scores, P = softmax(S) by rows, M what dropout
// keeps, divided by 1 - dropout, or 1: all [..., T, S]. With s = 1 / sqrt(K),
//
//   S = s Q K^T + s shift(Q_r K_r^T) + bias + mask,   O = (P * M) V               [..., T, Kv]
//
// and dX for the gradient of the loss by X, given dO:
//
//   dV = (P * M)^T dO                                                             [..., S, Kv]
//   dP = (dO V^T) * M                                                             [..., T, S]
//   dS = P * (dP - rowsum(P * dP)),  and rowsum(P * dP) = rowsum(dO * O), since
//        sum_s P_ts M_ts (dO_t . V_s) = dO_t . O_t: no pass over T x S is needed for it
//   dQ = s dS K,   dK = s dS^T Q,   dbias = dS
//   dQ_r = s unshift(dS) K_r,   dK_r = s unshift(dS)^T Q_r
//
// Each is summed over the dimensions along which its tensor was broadcast.
struct ManualAttention : torch::autograd::Function<ManualAttention> {
  using Optional = std::optional<at::Tensor>;

  static tensor_list forward(AutogradContext* context, const at::Tensor& query,
                             const at::Tensor& key, const at::Tensor& value, const Optional& mask,
                             const Optional& bias, const Optional& relative_query,
                             const Optional& relative_key, double dropout, bool want_weights,
                             int64_t max_saved) {
    const auto tensor = [](const Optional& one) { return one.value_or(at::Tensor()); };
    const AttentionInput input{query,
                               key,
                               value,
                               tensor(mask),
                               tensor(bias),
                               tensor(relative_query),
                               tensor(relative_key)};
    const auto scores = compute_scores(input);  // [..., T, S]
    const auto weights = apply_softmax(scores, mask || bias);
    at::Tensor kept;
    if (dropout > 0) kept = dropout_mask(weights, dropout).to(at::kBool);
    const auto output = at::matmul(dropped(weights, kept, dropout), value);  // [..., T, Kv]

    const bool keeps_weights = weights.numel() <= max_saved;
    const auto log_sum = keeps_weights ? at::Tensor() : scores.logsumexp(-1, /*keepdim=*/true);
    context->save_for_backward({query, key, value, input.mask, input.bias, input.relative_query,
                                input.relative_key, output, keeps_weights ? weights : at::Tensor(),
                                log_sum, kept});
    context->saved_data["dropout"] = dropout;
    context->saved_data["bias_gradient"] = bias && bias->requires_grad();
    if (!want_weights) return {output};
    context->mark_non_differentiable({weights});
    return {output, weights};
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    const auto saved = context->get_saved_variables();
    const AttentionInput input{saved[0], saved[1], saved[2], saved[3],
                               saved[4], saved[5], saved[6]};
    const auto &output = saved[7], &log_sum = saved[9], &kept = saved[10];
    const auto weights = saved[8].defined() ? saved[8] : weights_from(input, log_sum);
    const double dropout = context->saved_data["dropout"].toDouble();
    const double scale = compute_scale(input.query);
    const auto& outer = gradients[0];  // [..., T, Kv]

    const auto value_gradient = at::matmul(transposed(dropped(weights, kept, dropout)), outer);
    auto score_gradient = at::matmul(outer, transposed(input.value));  // dP, then dS: [..., T, S]
    if (kept.defined()) score_gradient.mul_(kept).div_(1 - dropout);
    score_gradient.sub_((outer * output).sum(-1, /*keepdim=*/true)).mul_(weights);
    const auto query_gradient = at::matmul(score_gradient, input.key).mul_(scale);
    const auto key_gradient = at::matmul(transposed(score_gradient), input.query).mul_(scale);

    tensor_list result(10);  // by forward's arguments
    result[0] = query_gradient.sum_to_size(input.query.sizes());
    result[1] = key_gradient.sum_to_size(input.key.sizes());
    result[2] = value_gradient.sum_to_size(input.value.sizes());
    if (context->saved_data["bias_gradient"].toBool())
      result[4] = score_gradient.sum_to_size(input.bias.sizes());
    if (input.relative_query.defined()) {
      const auto wide = relative_unshift(score_gradient);  // [..., T, T + S - 1]
      result[5] = at::matmul(wide, input.relative_key).mul_(scale);
      result[5] = result[5].sum_to_size(input.relative_query.sizes());
      result[6] = at::matmul(transposed(wide), input.relative_query).mul_(scale);
      result[6] = result[6].sum_to_size(input.relative_key.sizes());
    }
    return result;
  }

  // P = exp(S - log_sum). Of a row that may attend nowhere both are -inf.
  static at::Tensor weights_from(const AttentionInput& input, const at::Tensor& log_sum) {
    auto scores = compute_scores(input);
    return scores.sub_(log_sum.masked_fill(log_sum == -infinite_score, 0)).exp_();
  }
};

}  // namespace

AttentionResult attend_manually(const AttentionInput& input, const AttentionSettings& settings) {
  const auto optional = [](const at::Tensor& one) {
    return one.defined() ? std::optional(one) : std::nullopt;
  };
  const auto result = ManualAttention::apply(
      input.query, input.key, input.value, optional(input.mask), optional(input.bias),
      optional(input.relative_query), optional(input.relative_key), settings.dropout,
      settings.weights, settings.max_saved);
  return {.output = result[0], .weights = settings.weights ? result[1] : at::Tensor()};
}

}  // namespace heed
