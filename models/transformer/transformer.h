#pragma once

#include <torch/nn/modules/embedding.h>
#include <torch/nn/modules/linear.h>

#include "models/layers/bigram_embedding.h"
#include "models/positions/positional_encoding.h"
#include "models/sequence_model.h"
#include "models/transformer/encoder.h"
#include "models/transformer/transformer_options.h"

namespace heed {

/// Embedding, what it takes from the token before, positions, encoder stack, output layer: a causal
/// language model (GPT-2's layout), or a classifier or regressor over a whole sequence.
class Transformer : public SequenceModel {
 public:
  /// Throws OptionError for options that do not go with the shape.
  Transformer(const TransformerOptions& options, const SequenceShape& shape);

  at::Tensor embed(const SequenceInput& input) override;
  at::Tensor forward_embedded(const at::Tensor& embedded, const SequenceInput& input,
                              AttentionHook* hook = nullptr) override;
  std::unique_ptr<SequenceState> initial_state(int64_t batch) const override;
  at::Tensor step(const at::Tensor& tokens, SequenceState& state,
                  AttentionHook* hook = nullptr) override;
  bool generates() const override;
  int64_t state_size(int64_t length) const override;
  bool has_attention() const override { return true; }
  std::vector<BlockPath> describe_paths() const override;

 private:
  struct State;
  void check_shape() const;
  at::Tensor add_positions(const at::Tensor& embedded, int64_t start) const;
  at::Tensor step_in_a_sliding_window(State& state, AttentionHook* hook);
  at::Tensor pool(const at::Tensor& hidden, const at::Tensor& lengths) const;
  at::Tensor logits(const at::Tensor& hidden);

  TransformerOptions options_;
  SequenceShape shape_;
  torch::nn::Embedding token_embedding_{nullptr};  // tokens
  torch::nn::Linear input_projection_{nullptr};    // continuous input
  BigramEmbedding bigram_embedding_{nullptr};
  std::shared_ptr<PositionalEncoding> positions_;
  Encoder encoder_{nullptr};
  torch::nn::Linear output_{nullptr};  // empty if tied
};

}  // namespace heed
