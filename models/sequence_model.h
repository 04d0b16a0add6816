#pragma once

#include <ATen/ATen.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "models/options.h"
#include "models/registry.h"

namespace heed {

// Dimension letters, used in every shape comment of the project:
//   B batch            T query positions     S key positions       H heads
//   D width of the model   K width of a head   V vocabulary      L layers
//   C channels of a continuous input           O width of the output

class AttentionProbe;
class AttentionOptions;

/// What a model reads and what it must answer; follows from the task.
struct SequenceShape {
  enum class Output {
    per_position,  ///< one answer a position: [B, T, O]
    per_sequence,  ///< one answer a sequence: [B, O]
  };
  /// Which inputs the answer at a position may rest on.
  enum class Sight {
    any,       ///< whichever the model sees
    backward,  ///< none later: the next token is asked for, and stands there
    both,      ///< later ones too: hidden tokens are asked for, and both sides tell of them
  };
  int64_t vocabulary = 0;  ///< V of the token input, 0 if the input is continuous
  int64_t channels = 0;    ///< C of the continuous input, 0 if the input is tokens
  Output output = Output::per_position;
  Sight sight = Sight::any;
  int64_t output_width = 0;       ///< O: V for a language model, classes, or values to regress
  int64_t max_length = 0;         ///< the longest sequence that training will show
  int64_t source_vocabulary = 0;  ///< of the source that a sequence is made from; 0: there is none
  int64_t max_source_length = 0;  ///< the longest source that training will show

  /// Whether each position is answered with a token of the input's own vocabulary.
  bool answers_tokens() const;
  /// Throws OptionError if it is not, and a model's output layer is to be `tied` to its embedding.
  void check_tied(bool tied) const;
};

struct SequenceInput {
  at::Tensor values = {};  ///< [B, T] int64 tokens, or [B, T, C] numbers
  at::Tensor lengths =
      {};  ///< [B] int64, how many positions of each row count; undefined: all of them
  at::Tensor source = {};          ///< [B, S] int64 tokens, for models that read a source
  at::Tensor source_lengths = {};  ///< [B] int64, as `lengths`
};

/// What a model carries from one incremental step to the next. Each model knows its own.
class SequenceState {
 public:
  virtual ~SequenceState() = default;
  /// Keeps these rows of the batch, `rows` [n] int64, in this order; one may be taken twice.
  virtual void select(const at::Tensor& rows) = 0;
  /// How many numbers it holds, over all rows; tokens and masks are not counted.
  virtual int64_t numbers() const;
  /// How many positions leave together when a window that slides is full; 1 unless it is set. What
  /// stays is read anew then, so that more of them cost less time and leave a shorter past. Nothing
  /// to states without such a window.
  virtual void leave_together(int64_t) {}
};

/// What the driver may ask of any model, transformer or recurrent.
class SequenceModel : public torch::nn::Module {
 public:
  /// Logits or values: [B, T, O] or [B, O], as the shape says. What stands at padded positions of a
  /// per-position output has no meaning. `probe` may be null.
  virtual at::Tensor forward(const SequenceInput& input, AttentionProbe* probe = nullptr);

  /// The two halves of `forward`, so that a gradient with respect to what is read can be taken. The
  /// first one embeds it, before positions are added and dropout falls: the values [B, T, D], or
  /// the source [B, S, D] for models that read one. The second one does the rest. What a model does
  /// not offer throws std::logic_error, here and below.
  virtual at::Tensor embed(const SequenceInput& input);
  virtual at::Tensor forward_embedded(const at::Tensor& embedded, const SequenceInput& input,
                                      AttentionProbe* probe = nullptr);

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
                                                     AttentionProbe* probe = nullptr);

  /// Reads one more token a row, tokens [B], and answers for it: [B, O]. The same as the last
  /// position of `forward` over all tokens so far. What is recorded is that position's row of each
  /// map. For per-position token models that see nothing later; others throw std::logic_error.
  virtual at::Tensor step(const at::Tensor& tokens, SequenceState& state,
                          AttentionProbe* probe = nullptr) = 0;

  /// Whether it can be stepped.
  virtual bool generates() const = 0;

  /// How many numbers one row carries from step to step after `length` tokens, behind a source as
  /// long, if the model reads one: SequenceState::numbers() of one row. Also of models that cannot
  /// be stepped, what they would carry.
  virtual int64_t state_size(int64_t length) const;

  /// Whether there is attention to record.
  virtual bool has_attention() const = 0;

  /// The number of trained numbers; a tied weight counts once.
  int64_t parameter_count() const;
};

/// The options of one kind of model, and how it is made from them.
class ModelBuilder : public Configurable {
 public:
  /// The options of section [attention]; null for models that have no use for it.
  virtual AttentionOptions* attention() { return nullptr; }
  /// Whether some self-attention of it sees no later position.
  virtual bool causal() const { return true; }
  /// Throws OptionError where an option of section [attention] does not go with the shape.
  virtual void check_attention(const SequenceShape&) const {}
  /// Throws OptionError where options do not go with the shape.
  virtual std::shared_ptr<SequenceModel> build(const SequenceShape& shape) const = 0;
};

using ModelRegistry = Registry<ModelBuilder>;

}  // namespace heed
