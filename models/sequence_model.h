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

/// What the driver may ask of any model, transformer or recurrent.
class SequenceModel : public torch::nn::Module {
 public:
  /// Logits or values: [B, T, O] or [B, O], as the shape says. What stands at padded positions of a
  /// per-position output has no meaning. `hook` may be null.
  virtual at::Tensor forward(const SequenceInput& input, AttentionHook* hook = nullptr);

  /// The two halves of `forward`, so that a gradient with respect to what is read can be taken. The
  /// first one embeds it, before positions are added and dropout falls: the values [B, T, D], or
  /// the source [B, S, D] for models that read one. The second one does the rest. What a model does
  /// not offer throws std::logic_error, here and below.
  virtual at::Tensor embed(const SequenceInput& input);
  virtual at::Tensor forward_embedded(const at::Tensor& embedded, const SequenceInput& input,
                                      AttentionHook* hook = nullptr);

  /// Whether what is embedded is read one after the other into a state of fixed size.
  virtual bool has_hidden_state() const { return false; }

  /// `forward_embedded` of such a model, step by step. `states` receives the state after each
  /// position of `embedded`, T (or S) times [B, N], all layers as one tensor. Whatever comes later
  /// is computed from that tensor, so that a gradient with respect to it is the total one.
  virtual at::Tensor forward_through_states(const at::Tensor& embedded, const SequenceInput& input,
                                            std::vector<at::Tensor>& states);

  /// The state before the first token of `batch` rows.
  virtual std::unique_ptr<SequenceState> initial_state(int64_t batch) const;

  /// The state before the first token for each row of input.source, for models that read one.
  virtual std::unique_ptr<SequenceState> read_source(const SequenceInput& input,
                                                     AttentionHook* hook = nullptr);

  /// Reads one more token a row, tokens [B], and answers for it: [B, O]. The same as the last
  /// position of `forward` over all tokens so far. What is recorded is that position's row of each
  /// map. For per-position token models that see nothing later; others throw std::logic_error.
  virtual at::Tensor step(const at::Tensor& tokens, SequenceState& state,
                          AttentionHook* hook = nullptr) = 0;

  /// Whether it can be stepped.
  virtual bool generates() const = 0;

  /// How many numbers one row carries from step to step after `length` tokens, behind a source as
  /// long, if the model reads one: SequenceState::numel() of one row. Also of models that cannot
  /// be stepped, what they would carry.
  virtual int64_t state_size(int64_t length) const;

  /// Whether there is attention to record.
  virtual bool has_attention() const = 0;

  /// The path of each block that has kernels, for whole sequences under compute_options(), in the
  /// model's present mode: dropout counts only while training.
  virtual std::vector<BlockPath> describe_paths() const { return {}; }

  /// The type and device of what is trained: the first parameter's, found without a list of all.
  at::TensorOptions tensor_options() const;

  /// The number of trained numbers; a tied weight counts once.
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
