#pragma once

// The one door between the models and heed's kernels (models/fused/). A block that has kernels asks
// once, in front of its readable lines:
//
//   if (auto output = fused::try_linear(input, {weight, bias})) return *output;
//
// The functions take tensors and plain structs. models/fused/dispatch.cpp implements them. A build
// without models/fused/ (CMake's -DHEED_FUSED=OFF) takes models/dispatch_reference.cpp instead,
// which returns nothing everywhere, so that every block runs its readable lines.

#include <ATen/ATen.h>
#include <c10/util/FunctionRef.h>

#include <initializer_list>
#include <optional>
#include <string>

#include "models/attention_input.h"
#include "models/compute.h"

namespace heed {

/// gelu: x Phi(x), the exact form (1606.08415); relu: max(x, 0); squared_relu: its square
/// (2109.08668).
enum class Activation { gelu, relu, squared_relu };
template <>
inline constexpr auto enum_names<Activation> =
    std::to_array<EnumName<Activation>>({{"gelu", Activation::gelu},
                                         {"relu", Activation::relu},
                                         {"squared_relu", Activation::squared_relu}});

/// The equations are in models/recurrent/recurrent.h.
enum class CellKind { tanh, gru, lstm };

/// What one recurrent layer carries from step to step.
struct RecurrentState {
  at::Tensor hidden;  ///< [B, D]: h, which is also the layer's output
  at::Tensor cell;    ///< [B, D]: c of an LSTM; undefined for the others

  /// The state of these rows of the batch, `rows` [n] int64.
  RecurrentState rows(const at::Tensor& rows) const {
    return {hidden.index_select(0, rows),
            cell.defined() ? cell.index_select(0, rows) : at::Tensor()};
  }
  /// How many numbers it holds, over all rows.
  int64_t numel() const { return hidden.numel() + (cell.defined() ? cell.numel() : 0); }
};

/// A recurrent layer's weights, in PyTorch's shapes and order of gates; G gates.
struct RecurrentParameters {
  at::Tensor weight_ih;  ///< [G D, D_in]: W
  at::Tensor weight_hh;  ///< [G D, D]: U
  at::Tensor bias_ih;    ///< [G D]: W's, undefined without bias
  at::Tensor bias_hh;    ///< [G D]: U's, undefined without bias
};

struct RecurrentLayerOutput {
  at::Tensor output;     ///< [T, B, D]: h after every step, zero after the row's last step
  RecurrentState state;  ///< after the row's last step
};

namespace fused {

// Views of weights. They hold references: the tensors must outlive them.

/// y = x W^T + b
struct Linear {
  const at::Tensor& weight;  ///< [D_out, D_in]
  const at::Tensor& bias;    ///< [D_out], may be undefined
};

struct Norm {
  const at::Tensor& weight;  ///< [D]
  const at::Tensor& bias;    ///< [D], may be undefined
  bool centred;              ///< the mean is subtracted first: layer norm; else RMS norm
  double epsilon;
};

/// x + SelfAttention(Norm(x))
struct AttentionBlock {
  Norm norm;
  Linear input;   ///< to queries, keys and values, [3 D, D]
  Linear output;  ///< [D, D]
  QkNormRopeOptions qk_norm_rope;
};

/// x + FeedForward(Norm(x))
struct FeedForwardBlock {
  Norm norm;
  Linear inner;  ///< [F, D]
  Linear outer;  ///< [D, F]
  Activation activation;
};

struct TransformerLayer {
  AttentionBlock attention;
  std::optional<FeedForwardBlock> feed_forward;
  bool norm_first;  ///< pre-norm; else each norm follows its sum
};

/// Keys and values [B, H, S, K] of a cache whose last position is to be written.
struct KeysAndValues {
  at::Tensor &key, &value;
};

/// The one predicate: whether kernels compute a block with these needs on these tensors under
/// compute_options(). Undefined tensors are ignored.
Choice choose_path(const Needs& needs, std::initializer_list<const at::Tensor*> tensors);

// Each function returns nothing where the reference is to run.

/// input [..., D_in] -> [..., D_out].
std::optional<at::Tensor> try_linear(const at::Tensor& input, const Linear& linear);

/// input [..., D] -> [..., D].
std::optional<at::Tensor> try_layer_norm(const at::Tensor& input, const Norm& norm);

/// Element by element.
std::optional<at::Tensor> try_activation(const at::Tensor& input, Activation activation);

std::optional<AttentionResult> try_attention(const AttentionInput& input,
                                             const AttentionSettings& settings);

/// Attention whose query, key and value are the three parts of `projected` [B, T, 3 D]. `input`
/// gives mask, bias, causality and lengths. Output [B, H, T, K].
std::optional<AttentionResult> try_self_attention(const at::Tensor& projected,
                                                  const QkNormRopeOptions& qk_norm_rope,
                                                  const AttentionInput& input,
                                                  const AttentionSettings& settings);

/// input [B, T, D] -> [B, T, D]; `lengths` [B] int64 may be undefined.
std::optional<at::Tensor> try_attention_block(const Needs& needs, const at::Tensor& input,
                                              const AttentionBlock& block, bool causal,
                                              const at::Tensor& lengths);

/// input [..., D] -> [..., D].
std::optional<at::Tensor> try_feed_forward_block(const Needs& needs, const at::Tensor& input,
                                                 const FeedForwardBlock& block);

/// A transformer layer for one new position per row, input [B, 1, D], without gradients. `extend`
/// makes space for its keys and values; it is called only if the kernels run.
std::optional<at::Tensor> try_decode_layer(const Needs& needs, const at::Tensor& input,
                                           const TransformerLayer& layer,
                                           c10::function_ref<KeysAndValues()> extend);

/// input [T, B, D_in]; the initial state is complete; lengths [B] or undefined.
std::optional<RecurrentLayerOutput> try_recurrent(CellKind cell,
                                                  const RecurrentParameters& parameters,
                                                  const at::Tensor& input,
                                                  const RecurrentState& initial,
                                                  const at::Tensor& lengths);

/// One step of a few rows, without gradients: input [B, D_in].
std::optional<RecurrentState> try_recurrent_step(CellKind cell,
                                                 const RecurrentParameters& parameters,
                                                 const at::Tensor& input,
                                                 const RecurrentState& state);

/// The instruction set that the kernels use: "generic", "avx2" or "avx512".
std::string instruction_set_name();

}  // namespace fused

/// Whether this CPU multiplies bfloat16 (avx512_bf16) and heed has the kernels for it.
bool bfloat16_products_available();

}  // namespace heed
