#pragma once

#include <ATen/ATen.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "models/compute.h"
#include "models/sequence.h"

namespace heed {

// Dimension letters, used in every shape comment of the project:
//   B batch            T query positions     S key positions       H heads
//   D width of the model   K width of a head   V vocabulary      L layers
//   C channels of a continuous input           O width of the output

class AttentionHook;

/// How one block of a model is computed: `heed info CONFIG` lists them.
struct BlockPath {
  BlockPath(std::string block, const fused::Choice& choice)
      : name(std::move(block)), path(choice.path()), reason(choice.reason()) {}

  std::string name;  ///< "encoder.layer0.attention"
  fused::Path path;
  std::string reason;  ///< why it is the reference: "dropout 0.1"; empty if fused
};

/// The interface of all models, transformer or recurrent.
class SequenceModel : public torch::nn::Module {
 public:
  /// Logits or values: [B, T, O] or [B, O], as the shape says. Padded positions of a per-position
  /// output are undefined. `hook` may be null.
  virtual at::Tensor forward(const SequenceInput& input, AttentionHook* hook = nullptr);

  /// The two halves of `forward`, for gradients with respect to the embedded input. `embed` returns
  /// the embeddings before positions and dropout: of the values, [B, T, D], or of the source,
  /// [B, S, D], for models that read one. `forward_embedded` does the rest. Here and below, a
  /// method that a model does not support throws std::logic_error.
  virtual at::Tensor embed(const SequenceInput& input);
  virtual at::Tensor forward_embedded(const at::Tensor& embedded, const SequenceInput& input,
                                      AttentionHook* hook = nullptr);

  /// Whether the model reads the embedded input step by step into a state of fixed size.
  virtual bool has_hidden_state() const { return false; }

  /// `forward_embedded` of such a model, step by step. `states` receives the state after each
  /// position of `embedded`, T (or S) times [B, N], all layers as one tensor. All later steps are
  /// computed from that tensor, so that a gradient with respect to it is the total derivative.
  virtual at::Tensor forward_through_states(const at::Tensor& embedded, const SequenceInput& input,
                                            std::vector<at::Tensor>& states);

  /// The state before the first token of `batch` rows.
  virtual std::unique_ptr<SequenceState> initial_state(int64_t batch) const;

  /// The state before the first token for each row of input.source, for models that read one.
  virtual std::unique_ptr<SequenceState> read_source(const SequenceInput& input,
                                                     AttentionHook* hook = nullptr);

  /// Reads one more token per row, tokens [B], and returns its output [B, O]: the same as the last
  /// position of `forward` over all tokens so far. A hook sees only that position's row of each
  /// map. Only for per-position token models that see no later position.
  virtual at::Tensor step(const at::Tensor& tokens, SequenceState& state,
                          AttentionHook* hook = nullptr) = 0;

  /// Whether step() is supported.
  virtual bool generates() const = 0;

  /// SequenceState::numel() of one row after `length` tokens and, for models that read a source, a
  /// source of the same length. Also defined for models without step().
  virtual int64_t state_size(int64_t length) const;

  /// Whether a hook sees any attention.
  virtual bool has_attention() const = 0;

  /// The path of each block that has kernels, for whole sequences under compute_options(), in the
  /// model's present mode: dropout counts only while training.
  virtual std::vector<BlockPath> describe_paths() const { return {}; }

  /// The type and device of the first parameter.
  at::TensorOptions tensor_options() const;

  /// The number of trained numbers; a tied weight counts only once.
  int64_t parameter_count() const;
};

/// Puts a model into evaluation mode and, at the end of its lifetime, back into its former mode.
class EvaluationMode {
 public:
  explicit EvaluationMode(torch::nn::Module& model)
      : model_(model), was_training_(model.is_training()) {
    model_.eval();
  }
  ~EvaluationMode() { model_.train(was_training_); }
  EvaluationMode(const EvaluationMode&) = delete;
  EvaluationMode& operator=(const EvaluationMode&) = delete;

 private:
  torch::nn::Module& model_;
  bool was_training_;
};

}  // namespace heed
