#pragma once

#include <torch/nn/modules/embedding.h>
#include <torch/nn/modules/linear.h>

#include <memory>
#include <string>
#include <vector>

#include "models/recurrent/recurrent.h"
#include "models/recurrent/rnn_attention.h"
#include "models/sequence_model.h"

namespace heed {

/// What the decoder reads of the source at each step, c_t.
enum class SourceContext {
  fixed,     ///< always the encoder's last state (1406.1078)
  additive,  ///< attention over all its states, by AttentionScore::additive (1409.0473)
  dot,       ///< by AttentionScore::dot
};
template <>
inline constexpr auto enum_names<SourceContext> =
    std::to_array<EnumName<SourceContext>>({{"fixed", SourceContext::fixed},
                                            {"additive", SourceContext::additive},
                                            {"dot", SourceContext::dot}});

struct RecurrentEncoderDecoderOptions {
  int64_t layers = 1;     ///< of the encoder and of the decoder
  int64_t d_model = 128;  ///< D, of embeddings, states and readout
  double dropout = 0;     ///< after the embeddings, between layers, before the output layer
  bool tied = false;  ///< the output layer shares the weights of the target embedding (1608.05859)
  bool bias = true;   ///< in the recurrent layers, the readout and the output layer
  double forget_bias = 1.0;  ///< initial bias of an LSTM's forget gate, if it has biases
  SourceContext context = SourceContext::additive;
};

/// A recurrent encoder reads the source; a recurrent decoder starts from its final states and
/// writes the target:
///
///   c_t = context(s_{t-1}),  s_t = layers([embedding of y_t; c_t], s_{t-1}),
///   logits_t = W_o tanh(W_c [s_t; c_t])
///
/// where s is the decoder's last layer's hidden state. The contexts share this one structure, so
/// that the models differ in nothing else; it is that of 1409.0473, with an encoder of one
/// direction and the readout of Luong et al. 2015 (1508.04025, equation 5).
class RecurrentEncoderDecoder : public SequenceModel {
 public:
  /// Throws OptionError if an option or the kind of model does not go with the shape,
  /// std::invalid_argument for a shape whose answer is not a number of logits for each token.
  RecurrentEncoderDecoder(CellKind cell, const RecurrentEncoderDecoderOptions& options,
                          const SequenceShape& shape);

  /// Records the cross-attention of all steps as one map of one head, [B, 1, T, S]. input.lengths
  /// is not looked at. Throw std::invalid_argument where values, source or its lengths do not fit.
  at::Tensor embed(const SequenceInput& input) override;
  at::Tensor forward_embedded(const at::Tensor& embedded, const SequenceInput& input,
                              AttentionHook* hook = nullptr) override;

  /// The states are the encoder's.
  bool has_hidden_state() const override { return true; }
  at::Tensor forward_through_states(const at::Tensor& embedded, const SequenceInput& input,
                                    std::vector<at::Tensor>& states) override;
  std::unique_ptr<SequenceState> read_source(const SequenceInput& input,
                                             AttentionHook* hook = nullptr) override;
  at::Tensor step(const at::Tensor& tokens, SequenceState& state,
                  AttentionHook* hook = nullptr) override;
  bool generates() const override { return true; }
  int64_t state_size(int64_t length) const override;
  bool has_attention() const override { return !attention_.is_empty(); }
  std::vector<BlockPath> describe_paths() const override;

 private:
  struct State;
  struct Steps;
  void check_shape() const;
  void initialise();
  State encode(const at::Tensor& embedded, const SequenceInput& input);
  State start(const RecurrentStackOutput& read, const at::Tensor& source_lengths);
  at::Tensor write(const SequenceInput& input, State state, AttentionHook* hook);
  Steps advance(const at::Tensor& embedded, State& state, AttentionHook* hook);
  at::Tensor look_back(const State& state, AttentionHook* hook);
  Steps all_at_once(const at::Tensor& embedded, const State& state);
  Steps one_by_one(const at::Tensor& embedded, State& state, AttentionHook* hook);
  at::Tensor logits(const Steps& steps);
  at::Tensor drop(const at::Tensor& values) const;

  RecurrentEncoderDecoderOptions options_;
  SequenceShape shape_;
  torch::nn::Embedding source_embedding_{nullptr};
  torch::nn::Embedding token_embedding_{nullptr};
  RecurrentStack encoder_{nullptr};
  RecurrentStack decoder_{nullptr};
  RnnAttention attention_{nullptr};     // null with the fixed context
  torch::nn::Linear readout_{nullptr};  // W_c
  at::Tensor output_weight_;  // [O, D]: W_o; if tied, the embedding's own, not registered twice
  at::Tensor output_bias_;    // [O], undefined without bias
};

}  // namespace heed
