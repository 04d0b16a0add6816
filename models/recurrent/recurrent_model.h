#pragma once

#include <torch/nn/modules/embedding.h>
#include <torch/nn/modules/linear.h>

#include <memory>
#include <string>
#include <vector>

#include "models/recurrent/recurrent.h"
#include "models/sequence_model.h"

namespace heed {

struct RecurrentOptions {
  int64_t layers = 1;
  int64_t d_model = 128;
  double dropout = 0;        ///< after the embedding, between layers, before the output layer
  bool tied = false;         ///< the output layer shares the weights of the embedding (1608.05859)
  bool bias = true;          ///< in the recurrent layers, the input projection, the output layer
  double forget_bias = 1.0;  ///< initial bias of an LSTM's forget gate, if it has biases
};

/// Embedding (or a linear projection of continuous input), recurrent layers, output layer: the
/// recurrent language model of Zaremba et al. 2014 (1409.2329), or, reading the state after the
/// last valid position, a classifier or regressor over a whole sequence.
class RecurrentModel : public SequenceModel {
 public:
  /// Throws OptionError if an option does not go with the shape, std::invalid_argument for a shape
  /// that has neither tokens nor channels, or both, or no output.
  RecurrentModel(CellKind cell, const RecurrentOptions& options, const SequenceShape& shape);

  /// There is nothing to record. Throw std::invalid_argument where values or lengths do not fit.
  at::Tensor embed(const SequenceInput& input) override;
  at::Tensor forward_embedded(const at::Tensor& embedded, const SequenceInput& input,
                              AttentionHook* hook = nullptr) override;
  bool has_hidden_state() const override { return true; }
  at::Tensor forward_through_states(const at::Tensor& embedded, const SequenceInput& input,
                                    std::vector<at::Tensor>& states) override;
  std::unique_ptr<SequenceState> initial_state(int64_t batch) const override;
  at::Tensor step(const at::Tensor& tokens, SequenceState& state,
                  AttentionHook* hook = nullptr) override;
  bool generates() const override;
  int64_t state_size(int64_t) const override { return stack_->state_size(); }
  bool has_attention() const override { return false; }
  std::vector<BlockPath> describe_paths() const override;

 private:
  struct State;
  void check_shape() const;
  void initialise();
  void check_values(const at::Tensor& values) const;
  at::Tensor embed(const at::Tensor& values);
  at::Tensor logits(const RecurrentStackOutput& read) const;
  at::Tensor logits(const at::Tensor& hidden) const;
  at::Tensor drop(const at::Tensor& values) const;

  RecurrentOptions options_;
  SequenceShape shape_;
  torch::nn::Embedding token_embedding_{nullptr};  // tokens
  torch::nn::Linear input_projection_{nullptr};    // continuous input
  RecurrentStack stack_{nullptr};
  at::Tensor output_weight_;  // [O, D]; if tied, the embedding's own, not registered a second time
  at::Tensor output_bias_;    // [O], undefined without bias
};

}  // namespace heed
