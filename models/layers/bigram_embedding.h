#pragma once

#include <ATen/ATen.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/embedding.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/pimpl.h>

#include <cstdint>

#include "models/options.h"

namespace heed {

struct BigramEmbeddingOptions {
  bool token_shift = false;  ///< each position adds a share of the embedding before it
  int64_t bigram = 0;        ///< width of the table of token pairs; 0: no table

  void describe(OptionList& list);
};

/// Adds the previous token to a position's embedding, so that the first layer need not spend heads
/// on it.
///   token_shift: x_t + s(g) * x_(t-1), s the logistic function, with a trained gate g per
///   dimension bigram: x_t + P e(token_(t-1), token_t), with a table e of all pairs, zero at first,
///   and a
///           projection P to the width of the model
/// The first position has no previous token and keeps its embedding.
class BigramEmbeddingImpl : public torch::nn::Module {
 public:
  /// V = 0 if the input is continuous. Throws OptionError for pairs without tokens or with too
  /// many.
  BigramEmbeddingImpl(const BigramEmbeddingOptions& options, int64_t vocabulary, int64_t width);

  /// embedded [B, T, D] of tokens [B, T] -> [B, T, D].
  at::Tensor with_pairs(const at::Tensor& embedded, const at::Tensor& tokens);
  at::Tensor with_token_shift(const at::Tensor& embedded) const;  ///< [B, T, D] -> [B, T, D]

  /// How many previous tokens an embedding depends on.
  int64_t reach() const { return token_shift_gate_.defined() + !pair_embedding_.is_empty(); }

 private:
  int64_t vocabulary_;
  at::Tensor token_shift_gate_;                   // [D]; undefined without token_shift
  torch::nn::Embedding pair_embedding_{nullptr};  // V V rows; empty without bigram, as P
  torch::nn::Linear pair_projection_{nullptr};
};
TORCH_MODULE(BigramEmbedding);

}  // namespace heed
