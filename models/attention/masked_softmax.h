#pragma once

#include <ATen/ATen.h>

namespace heed {

/// What is added to the scores: a mask of numbers as it is, a boolean one (true = may attend) as 0
/// and -inf.
at::Tensor additive_mask(const at::Tensor& mask, const at::TensorOptions& options);

/// A mask made ready for the softmax of scores, once for as many scores as it goes with.
struct SoftmaxMask {
  at::Tensor added;    ///< 0 or -inf, or any numbers; undefined: nothing is hidden
  at::Tensor nowhere;  ///< [..., 1]: true where a row may attend nowhere; undefined: no row is so
};

/// `mask` [..., S] is boolean (true = may attend), or numbers that are added to the scores (-inf =
/// hidden), or undefined. `options` are the scores'.
SoftmaxMask softmax_mask(const at::Tensor& mask, const at::TensorOptions& options);

/// scores [..., S] -> weights [..., S]: each row sums to one, or is zero, as its gradient is, where
/// it may attend nowhere.
at::Tensor masked_softmax(const at::Tensor& scores, const SoftmaxMask& mask);

}  // namespace heed
