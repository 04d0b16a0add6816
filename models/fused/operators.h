#pragma once

#include "models/dispatch.h"

// What models/fused/dispatch.cpp chooses from: float32 on a CPU, gradients included, one node of
// autograd's graph each. They check nothing; choose_path() and dispatch.cpp do.

namespace heed {

/// input [..., D_in] -> [..., D_out]. `bf16`: the products read bfloat16.
at::Tensor fused_linear(const at::Tensor& input, const fused::Linear& linear, bool bf16);

at::Tensor fused_layer_norm(const at::Tensor& input, const fused::Norm& norm);

at::Tensor fused_activation(const at::Tensor& input, Activation activation);

/// projected [B, T, 3 D], the queries, keys and values of all heads side by side, -> the same with
/// queries and keys normalised, scaled and rotated.
at::Tensor fused_qk_norm_rope(const at::Tensor& projected, const QkNormRopeOptions& options);

/// One head at a time: scores, softmax and sums in blocks that stay in the cache; blocks that
/// causality or a length hides are skipped. Inputs may be any views. With heads [B, H, T, K] the
/// output and the gradients lie as [B, T, H, K] in memory, so that combining the heads needs no
/// copy.
AttentionResult fused_attention(const AttentionInput& input, const AttentionSettings& settings);

/// The same for self-attention: query, key and value are views of `projected` [B, T, 3 D], and its
/// gradient is one tensor too. `input` gives mask, bias, causality and lengths.
AttentionResult fused_self_attention(const at::Tensor& projected, int64_t heads,
                                     const AttentionInput& input,
                                     const AttentionSettings& settings);

/// x + SelfAttention(Norm(x)), input [B, T, D]: each sequence passes through the whole block while
/// it is in the core's cache.
at::Tensor fused_attention_block(const at::Tensor& input, const fused::AttentionBlock& block,
                                 bool causal, const at::Tensor& lengths, bool bf16);

/// x + FeedForward(Norm(x)), input [..., D]: some rows at a time pass through the whole block.
at::Tensor fused_feed_forward_block(const at::Tensor& input, const fused::FeedForwardBlock& block,
                                    bool bf16);

/// A transformer layer for one new position per row, input [B, 1, D], without gradients. Its keys
/// and values are written to the last position of `cache`. At this size a tensor operation costs
/// more than its arithmetic, so no tensors are made in between; one row after the other, on this
/// thread.
at::Tensor decode_layer(const at::Tensor& input, const fused::TransformerLayer& layer,
                        fused::KeysAndValues cache);

/// A recurrent layer over a whole sequence: input [T, B, D_in], complete initial state, lengths [B]
/// or undefined. A second derivative throws std::logic_error.
RecurrentLayerOutput fused_recurrent(CellKind cell, const RecurrentParameters& parameters,
                                     const at::Tensor& input, const RecurrentState& initial,
                                     const at::Tensor& lengths);

/// One step of a few rows, without gradients: input [B, D_in].
RecurrentState fused_recurrent_step(CellKind cell, const RecurrentParameters& parameters,
                                    const at::Tensor& input, const RecurrentState& state);

}  // namespace heed
