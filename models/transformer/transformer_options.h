#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <string>

#include "models/attention/attention_mask.h"
#include "models/attention/attention_options.h"
#include "models/layers/bigram_embedding.h"
#include "models/options.h"
#include "models/transformer/encoder.h"

namespace heed {

struct TransformerOptions {
  int64_t layers = 4;
  int64_t heads = 4;
  int64_t d_model = 128;
  bool feed_forward = true;  ///< false: attention-only layers (Elhage et al. 2021)
  int64_t d_ff = 0;          ///< 0: four times d_model
  std::string position = "learned";
  std::string activation = "gelu";
  std::string norm = "pre";         ///< "pre" or "post"
  std::string norm_type = "layer";  ///< of norm_types()
  bool query_key_norm = false;      ///< in every attention (MultiHeadAttention)
  std::string pooling =
      "last";          ///< for per-sequence answers: "last" valid position or "mean" of them
  bool causal = true;  ///< no position sees a later one
  bool bias = true;
  bool tied = false;  ///< the output layer shares the weights of the token embedding (1608.05859)
  double init = 0;    ///< standard deviation of the initial weights; 0: 1 / sqrt(d_model)
  std::string init_output = "scaled";  ///< of what writes into the residual stream, or "zero"
  double logit_softcap = 0;  ///< c: the logits x become c tanh(x / c) (2408.00118); 0: they stay
  double dropout = 0;
  BigramEmbeddingOptions bigram_embedding = {};
  AttentionOptions attention = {};  ///< section [attention]

  /// What encoder-decoder models have too: all but pooling, causal, memory and attention.
  void describe(OptionList& list);
  /// Throws OptionError where options do not go together.
  void check() const;

  at::Tensor softcap(const at::Tensor& logits) const;

  EncoderOptions stack(AttentionKind recorded_as = AttentionKind::self) const;

  /// The mask of self-attention over `length` positions; `lengths` [B] may be undefined.
  AttentionMask attention_mask(int64_t length, bool is_causal, const at::Tensor& lengths,
                               at::Device device) const;
  /// The same for the last position alone, which sees the `length` so far.
  AttentionMask last_query_mask(int64_t length, at::Device device) const;
};

/// Matrices from N(0, init), biases at zero, and the products that write into the residual stream
/// smaller by sqrt(`writes`), how many of them there are, so that its variance does not grow with
/// the depth (GPT-2). With init_output "zero" these products and an output layer begin at zero:
/// each block then starts as the identity, and every answer as likely as another.
void initialise_transformer(torch::nn::Module& model, const TransformerOptions& options,
                            int64_t writes);

}  // namespace heed
