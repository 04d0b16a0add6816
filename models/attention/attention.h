#pragma once

#include <ATen/ATen.h>

#include "models/attention_input.h"

namespace heed {

/// Scaled dot-product attention, softmax(Q K^T / sqrt(K)) V (Vaswani et al. 2017, 1706.03762,
/// equation 1).
///
/// query [..., T, K], key [..., S, K], value [..., S, Kv]: any leading dimensions that broadcast.
/// `mask` broadcasts against [..., T, S]: boolean (true = may attend), or numbers that are added to
/// the scores (-inf = hidden), or undefined. A row that may attend nowhere gives zeros, output and
/// gradient. `dropout` is the probability with which a weight is set to zero on its way to the
/// output; pass 0 outside of training. Throws std::invalid_argument where the shapes do not fit.
///
/// Models run these lines with train.kernels = "reference"; the tests hold every other way of
/// computing attention against them.
AttentionResult scaled_dot_product_attention(const at::Tensor& query, const at::Tensor& key,
                                             const at::Tensor& value, const at::Tensor& mask = {},
                                             double dropout = 0);

/// Attention with everything that a model adds to the scores:
///   softmax((Q K^T + relative terms) / sqrt(K) + bias, masked) V
///
/// Three implementations compute it: kernels where they apply (models/dispatch.h); else, unless
/// compute_options() ask for the reference, LibTorch's operators with a manual backward pass
/// (manual_backward.h), which needs less memory than autograd; and as reference the lines of
/// scaled_dot_product_attention(). The returned weights carry no gradient, except the reference's.
/// Rows that may attend nowhere, and errors, as above.
AttentionResult attend(const AttentionInput& input, const AttentionSettings& settings = {});

/// Converts a mask to numbers that are added to scores: a boolean one to 0 (may attend) and -inf.
at::Tensor additive_mask(const at::Tensor& mask, const at::TensorOptions& options);

/// A mask prepared for masked_softmax().
struct SoftmaxMask {
  at::Tensor added;    ///< numbers that are added to the scores; undefined: nothing is hidden
  at::Tensor nowhere;  ///< [..., 1]: true for rows that may attend nowhere; undefined: no such row
};

/// `mask` [..., S] as for scaled_dot_product_attention(); `options` are the scores'.
SoftmaxMask softmax_mask(const at::Tensor& mask, const at::TensorOptions& options);

/// scores [..., S] -> weights [..., S]: each row sums to one. A row that may attend nowhere is
/// zero, and so is its gradient.
at::Tensor masked_softmax(const at::Tensor& scores, const SoftmaxMask& mask);

/// The relative terms of the scores, Q_r K_r^T / sqrt(K), shifted: [..., T, S].
at::Tensor relative_scores(const AttentionInput& input);

/// [..., T, T + S - 1] -> [..., T, S]: element (t, s) is the input's (t, T - 1 - t + s) (the
/// relative shift of 1901.02860, appendix B).
at::Tensor relative_shift(const at::Tensor& scores);

/// The inverse: [..., T, S] -> [..., T, T + S - 1], zero where relative_shift() reads nothing.
at::Tensor relative_unshift(const at::Tensor& scores);

}  // namespace heed
