#pragma once

#include <torch/nn/modules/embedding.h>
#include <torch/nn/modules/linear.h>

#include <string>
#include <vector>

#include "models/encoder.h"
#include "models/positional_encoding.h"
#include "models/sequence_model.h"

namespace heed {

struct TransformerOptions {
  int64_t layers = 4;
  int64_t heads = 4;
  int64_t d_model = 128;
  int64_t d_ff = 0;  ///< 0: four times d_model
  std::string position = "learned";
  std::string activation = "gelu";
  std::string norm = "pre";  ///< "pre" or "post"
  std::string pooling =
      "last";          ///< for per-sequence answers: "last" valid position or "mean" of them
  bool causal = true;  ///< no position sees a later one
  bool bias = true;
  bool tied = false;  ///< the output layer shares the weights of the token embedding (1608.05859)
  double init = 0;    ///< standard deviation of the initial weights; 0: 1 / sqrt(d_model)
  double dropout = 0;
};

/// Embedding, positions, encoder stack, output layer: a causal language model (GPT-2's layout), or
/// a classifier or regressor over a whole sequence.
class Transformer : public SequenceModel {
 public:
  /// Throws OptionError for options that do not go with the shape.
  Transformer(const TransformerOptions& options, const SequenceShape& shape);

  at::Tensor forward(const SequenceInput& input, AttentionRecorder* recorder = nullptr) override;
  std::unique_ptr<SequenceState> initial_state(int64_t batch) const override;
  at::Tensor step(const at::Tensor& tokens, SequenceState& state) override;
  bool has_attention() const override { return true; }

 private:
  struct State;
  void initialise();
  at::Tensor embed(const at::Tensor& values, int64_t start);
  at::Tensor attention_mask(const SequenceInput& input) const;
  at::Tensor pool(const at::Tensor& hidden, const at::Tensor& lengths) const;
  at::Tensor answer(const at::Tensor& hidden);

  TransformerOptions options_;
  SequenceShape shape_;
  torch::nn::Embedding token_embedding_{nullptr};  // tokens
  torch::nn::Linear input_projection_{nullptr};    // continuous input
  std::shared_ptr<PositionalEncoding> positions_;
  Encoder encoder_{nullptr};
  torch::nn::Linear output_{nullptr};  // empty if tied
};

}  // namespace heed
