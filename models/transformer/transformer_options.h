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

enum class NormPlacement {
  pre,   ///< before each block (2002.04745)
  post,  ///< after each block (1706.03762)
};
template <>
inline constexpr auto enum_names<NormPlacement> = std::to_array<EnumName<NormPlacement>>(
    {{"pre", NormPlacement::pre}, {"post", NormPlacement::post}});

/// What a per-sequence answer reads: the last valid position, or the mean of all valid ones.
enum class Pooling { last, mean };
template <>
inline constexpr auto enum_names<Pooling> =
    std::to_array<EnumName<Pooling>>({{"last", Pooling::last}, {"mean", Pooling::mean}});

/// The initial weights that write into the residual stream: smaller with the depth, or zero, as the
/// output layer then is.
enum class OutputInit { scaled, zero };
template <>
inline constexpr auto enum_names<OutputInit> = std::to_array<EnumName<OutputInit>>(
    {{"scaled", OutputInit::scaled}, {"zero", OutputInit::zero}});

struct TransformerOptions {
  int64_t layers = 4;
  int64_t heads = 4;
  int64_t d_model = 128;
  bool feed_forward = true;          ///< false: attention-only layers (Elhage et al. 2021)
  int64_t d_ff = 0;                  ///< 0: four times d_model
  std::string position = "learned";  ///< a kind of models/positions/
  Activation activation = Activation::gelu;
  NormPlacement norm = NormPlacement::pre;
  NormType norm_type = NormType::layer;
  bool query_key_norm = false;  ///< in every attention (MultiHeadAttention)
  Pooling pooling = Pooling::last;
  bool causal = true;  ///< no position sees a later one
  bool bias = true;
  bool tied = false;  ///< the output layer shares the weights of the token embedding (1608.05859)
  double init = 0;    ///< standard deviation of the initial weights; 0: 1 / sqrt(d_model)
  OutputInit init_output = OutputInit::scaled;
  double logit_softcap = 0;  ///< c: the logits x become c tanh(x / c) (2408.00118); 0: no change
  double dropout = 0;
  BigramEmbeddingOptions bigram_embedding = {};
  AttentionOptions attention = {};  ///< section [attention]

  /// Describes the options of encoder-decoder models too: all except pooling, causal,
  /// bigram_embedding and attention.
  void describe(OptionList& list);
  /// Throws OptionError where options do not go together.
  void check() const;

  at::Tensor softcap(const at::Tensor& logits) const;

  EncoderOptions stack(AttentionKind recorded_as = AttentionKind::self) const;

  /// The mask of self-attention over `length` positions; `lengths` [B] may be undefined.
  AttentionMask attention_mask(int64_t length, bool is_causal, const at::Tensor& lengths,
                               at::Device device) const;
  /// The same for the last position only, which sees all `length` positions.
  AttentionMask last_query_mask(int64_t length, at::Device device) const;
};

/// Draws matrices from N(0, init), and sets biases to zero. The `writes` products that write into
/// the residual stream are smaller by sqrt(writes), so that its variance does not grow with the
/// depth (GPT-2). With init_output = zero these products and the output layer start at zero: each
/// block starts as the identity, and all answers are equally likely.
void initialise_transformer(torch::nn::Module& model, const TransformerOptions& options,
                            int64_t writes);

}  // namespace heed
