#pragma once

#include <ATen/ATen.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/pimpl.h>

#include <cstdint>
#include <string>
#include <vector>

#include "models/attention/attention.h"
#include "models/options.h"

namespace heed {

/// What a recurrent decoder attends to: computed once per source, read at every step.
struct SourceKeys {
  at::Tensor keys;    ///< [B, S, K]: what the scores are made from
  at::Tensor values;  ///< [B, S, D]: the encoder's states
  SoftmaxMask mask;   ///< [B, S]: hides the positions after each row's length

  /// Those of these rows of the batch, `rows` [n] int64.
  SourceKeys rows(const at::Tensor& rows) const;
  /// How many numbers it holds, over all rows; keys that are the values count only once.
  int64_t numel() const { return values.numel() + (keys.is_same(values) ? 0 : keys.numel()); }
};

/// How a decoder's state s scores an encoder's state h.
enum class AttentionScore {
  additive,  ///< v^T tanh(W s + U h)  (Bahdanau et al. 2015, 1409.0473, appendix A.1.2), K = D
  dot,       ///< s . h  (Luong et al. 2015, 1508.04025, equation 8), without weights and scale
};

/// Attention of a recurrent decoder over the states of its encoder: softmax over the source of the
/// scores, then the mean of the states by these weights, the context.
class RnnAttentionImpl : public torch::nn::Module {
 public:
  /// For states of width D.
  RnnAttentionImpl(AttentionScore score, int64_t width);

  /// memory [B, S, D]: the encoder's states. `lengths` [B] int64 gives the number of valid ones per
  /// row; undefined: all are valid.
  SourceKeys prepare(const at::Tensor& memory, const at::Tensor& lengths = {});

  /// Whether keys are computed from the values; otherwise the values themselves are scored.
  bool makes_keys() const { return !key_projection_.is_empty(); }

  /// query [B, D] -> output, the context, [B, D], and weights [B, S]; both are zero in a row whose
  /// source is empty.
  AttentionResult forward(const at::Tensor& query, const SourceKeys& source);

 private:
  at::Tensor scores(const at::Tensor& query, const at::Tensor& keys);

  torch::nn::Linear query_projection_{nullptr};  // W; null with dot, like the others
  torch::nn::Linear key_projection_{nullptr};    // U
  at::Tensor score_weight_;                      // [K]: v
};
TORCH_MODULE(RnnAttention);

}  // namespace heed
