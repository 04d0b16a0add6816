#include "models/dispatch.h"

#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>

#include "models/fused/kernels/instruction_set.h"
#include "models/fused/kernels/linear.h"
#include "models/fused/operators.h"

namespace heed {
namespace fused {
namespace {

using Reason = Choice::Reason;

// Beyond this many rows LibTorch's products are faster than steps by the kernels.
constexpr int64_t max_step_rows = 8;

bool runs_fused(const Choice& choice) { return choice.path() == Path::fused; }

Choice check_tensor(const at::Tensor& tensor) {
  if (!tensor.defined()) return Reason::none;
  if (!tensor.is_cpu()) return Reason::device;
  if (tensor.scalar_type() != at::kFloat) return {Reason::type, tensor.scalar_type()};
  return Reason::none;
}

Choice check_needs(const Needs& needs) {
  if (needs.dropout > 0) return {Reason::dropout, needs.dropout};
  if (needs.mask) return Reason::mask;
  if (needs.window) return Reason::window;
  if (!needs.position.empty()) return {Reason::position, needs.position};
  if (needs.bias_gradient) return Reason::bias_gradient;
  if (needs.norm_last) return Reason::norm_last;
  if (needs.hook) return Reason::hook;
  if (needs.cache) return Reason::cache;
  if (needs.attention_between_steps) return Reason::attention_between_steps;
  return Reason::none;
}

// Shapes that do not fit are left to the reference, whose errors name them.
bool fits(const at::Tensor& input, const Linear& linear) {
  const auto &weight = linear.weight, &bias = linear.bias;
  return input.dim() >= 1 && weight.dim() == 2 && input.size(-1) == weight.size(1) &&
         input.numel() > 0 && weight.is_contiguous() &&
         (!bias.defined() || (bias.is_contiguous() && bias.sizes() == weight.sizes().slice(0, 1)));
}

bool multiplies_bf16() {
  return compute_options().bfloat16_products && bfloat16_products_available();
}

bool supports_attention(const AttentionInput& input, const AttentionSettings& settings) {
  const Needs needs{.dropout = settings.dropout,
                    .position = input.relative_query.defined() ? "relative" : "",
                    .bias_gradient = input.bias.defined() && input.bias.requires_grad()};
  return runs_fused(choose_path(needs, {&input.query, &input.key, &input.value, &input.bias}));
}

bool supports_recurrent(const RecurrentParameters& parameters, const at::Tensor& input,
                        const RecurrentState& state) {
  return !at::autocast::is_autocast_enabled(at::kCPU) &&
         runs_fused(choose_path({}, {&input, &parameters.weight_ih, &state.hidden, &state.cell}));
}

}  // namespace

Choice choose_path(const Needs& needs, std::initializer_list<const at::Tensor*> tensors) {
  if (compute_options().kernels == Kernels::reference) return Reason::option;
  for (const auto* tensor : tensors)
    if (const auto choice = check_tensor(*tensor); !runs_fused(choice)) return choice;
  return check_needs(needs);
}

std::optional<at::Tensor> try_linear(const at::Tensor& input, const Linear& linear) {
  if (!runs_fused(choose_path({}, {&input, &linear.weight, &linear.bias})) || !fits(input, linear))
    return {};
  return fused_linear(input, linear, multiplies_bf16());
}

std::optional<at::Tensor> try_layer_norm(const at::Tensor& input, const Norm& norm) {
  const bool fits = input.numel() > 0 && input.size(-1) == norm.weight.size(0);
  if (!fits || !runs_fused(choose_path({}, {&input, &norm.weight, &norm.bias}))) return {};
  return fused_layer_norm(input, norm);
}

std::optional<at::Tensor> try_activation(const at::Tensor& input, Activation activation) {
  if (input.numel() == 0 || !runs_fused(choose_path({}, {&input}))) return {};
  return fused_activation(input, activation);
}

std::optional<AttentionResult> try_attention(const AttentionInput& input,
                                             const AttentionSettings& settings) {
  if (!supports_attention(input, settings)) return {};
  return fused_attention(input, settings);
}

std::optional<AttentionResult> try_self_attention(const at::Tensor& projected,
                                                  const QkNormRopeOptions& qk_norm_rope,
                                                  const AttentionInput& input,
                                                  const AttentionSettings& settings) {
  if (!runs_fused(check_tensor(projected)) || !supports_attention(input, settings)) return {};
  return fused_self_attention(
      qk_norm_rope.changes_anything() ? fused_qk_norm_rope(projected, qk_norm_rope) : projected,
      qk_norm_rope.heads, input, settings);
}

std::optional<at::Tensor> try_attention_block(const Needs& needs, const at::Tensor& input,
                                              const AttentionBlock& block, bool causal,
                                              const at::Tensor& lengths) {
  if (input.numel() == 0 || !runs_fused(choose_path(needs, {&input, &block.input.weight})))
    return {};
  return fused_attention_block(input, block, causal, lengths, multiplies_bf16());
}

std::optional<at::Tensor> try_feed_forward_block(const Needs& needs, const at::Tensor& input,
                                                 const FeedForwardBlock& block) {
  if (input.numel() == 0 || !runs_fused(choose_path(needs, {&input, &block.inner.weight})))
    return {};
  return fused_feed_forward_block(input, block, multiplies_bf16());
}

std::optional<at::Tensor> try_decode_layer(const Needs& needs, const at::Tensor& input,
                                           const TransformerLayer& layer,
                                           c10::function_ref<KeysAndValues()> extend) {
  if (at::GradMode::is_enabled() || input.size(1) != 1 ||
      !runs_fused(choose_path(needs, {&input, &layer.attention.input.weight})))
    return {};
  return decode_layer(input, layer, extend());
}

std::optional<RecurrentLayerOutput> try_recurrent(CellKind cell,
                                                  const RecurrentParameters& parameters,
                                                  const at::Tensor& input,
                                                  const RecurrentState& initial,
                                                  const at::Tensor& lengths) {
  if (!supports_recurrent(parameters, input, initial)) return {};
  return fused_recurrent(cell, parameters, input, initial, lengths);
}

std::optional<RecurrentState> try_recurrent_step(CellKind cell,
                                                 const RecurrentParameters& parameters,
                                                 const at::Tensor& input,
                                                 const RecurrentState& state) {
  if (input.size(0) > max_step_rows || at::GradMode::is_enabled() ||
      !supports_recurrent(parameters, input, state))
    return {};
  return fused_recurrent_step(cell, parameters, input, state);
}

std::string instruction_set_name() { return to_string(instruction_set()); }

}  // namespace fused

bool bfloat16_products_available() { return linear_bf16_kernels() != nullptr; }

}  // namespace heed
