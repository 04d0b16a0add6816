#pragma once

#include <torch/nn/modules/embedding.h>
#include <torch/nn/modules/linear.h>

#include "models/positions/positional_encoding.h"
#include "models/sequence_model.h"
#include "models/transformer/decoder.h"
#include "models/transformer/encoder.h"
#include "models/transformer/transformer_options.h"

namespace heed {

/// The transformer of 1706.03762: an encoder reads the source, both sides of every position; a
/// causal decoder writes the target and looks at the encoder's output through cross-attention. The
/// attention pattern holds for both stacks' self-attention; source positions that do not count are
/// hidden from encoder and decoder.
class EncoderDecoder : public SequenceModel {
 public:
  /// Throws OptionError for options that do not go with the shape.
  EncoderDecoder(const TransformerOptions& options, const SequenceShape& shape);

  at::Tensor embed(const SequenceInput& input) override;
  at::Tensor forward_embedded(const at::Tensor& embedded, const SequenceInput& input,
                              AttentionHook* hook = nullptr) override;
  std::unique_ptr<SequenceState> read_source(const SequenceInput& input,
                                             AttentionHook* hook = nullptr) override;
  at::Tensor step(const at::Tensor& tokens, SequenceState& state,
                  AttentionHook* hook = nullptr) override;
  bool generates() const override { return true; }
  int64_t state_size(int64_t length) const override;
  bool has_attention() const override { return true; }
  std::vector<BlockPath> describe_paths() const override;

 private:
  struct State;
  void check_shape() const;
  DecoderMemory encode(const at::Tensor& embedded, const at::Tensor& lengths, AttentionHook* hook);
  at::Tensor add_positions(const at::Tensor& embedded, PositionalEncoding& positions,
                           int64_t start) const;
  at::Tensor logits(const at::Tensor& hidden);

  TransformerOptions options_;
  SequenceShape shape_;
  torch::nn::Embedding source_embedding_{nullptr};
  torch::nn::Embedding token_embedding_{nullptr};  // the target's
  std::shared_ptr<PositionalEncoding> source_positions_;
  std::shared_ptr<PositionalEncoding> positions_;
  Encoder encoder_{nullptr};
  Decoder decoder_{nullptr};
  torch::nn::Linear output_{nullptr};  // empty if tied
};

}  // namespace heed
