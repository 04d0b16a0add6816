// Takes the place of models/fused/ in a build without it.
#include "models/dispatch.h"

namespace heed {
namespace fused {

Choice choose_path(const Needs&, std::initializer_list<const at::Tensor*>) {
  return Choice::Reason::not_built;
}

std::optional<at::Tensor> try_linear(const at::Tensor&, const Linear&) { return {}; }

std::optional<at::Tensor> try_layer_norm(const at::Tensor&, const Norm&) { return {}; }

std::optional<at::Tensor> try_activation(const at::Tensor&, Activation) { return {}; }

std::optional<AttentionResult> try_attention(const AttentionInput&, const AttentionSettings&) {
  return {};
}

std::optional<AttentionResult> try_self_attention(const at::Tensor&, const QkNormRopeOptions&,
                                                  const AttentionInput&, const AttentionSettings&) {
  return {};
}

std::optional<at::Tensor> try_attention_block(const Needs&, const at::Tensor&,
                                              const AttentionBlock&, bool, const at::Tensor&) {
  return {};
}

std::optional<at::Tensor> try_feed_forward_block(const Needs&, const at::Tensor&,
                                                 const FeedForwardBlock&) {
  return {};
}

std::optional<at::Tensor> try_decode_layer(const Needs&, const at::Tensor&, const TransformerLayer&,
                                           c10::function_ref<KeysAndValues()>) {
  return {};
}

std::optional<RecurrentLayerOutput> try_recurrent(CellKind, const RecurrentParameters&,
                                                  const at::Tensor&, const RecurrentState&,
                                                  const at::Tensor&) {
  return {};
}

std::optional<RecurrentState> try_recurrent_step(CellKind, const RecurrentParameters&,
                                                 const at::Tensor&, const RecurrentState&) {
  return {};
}

std::string instruction_set_name() { return "none"; }

}  // namespace fused

bool bfloat16_products_available() { return false; }

}  // namespace heed
