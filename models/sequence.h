#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <stdexcept>

#include "models/options.h"

namespace heed {

/// What a model reads and what it must answer; follows from the task.
struct SequenceShape {
  enum class Output {
    per_position,  ///< one answer a position: [B, T, O]
    per_sequence,  ///< one answer a sequence: [B, O]
  };
  /// Which inputs the answer at a position may rest on.
  enum class Context {
    any,            ///< whichever the model sees
    causal,         ///< none later: the next token is asked for, and stands there
    bidirectional,  ///< later ones too: hidden tokens are asked for, and both sides tell of them
  };
  int64_t vocabulary = 0;  ///< V of the token input, 0 if the input is continuous
  int64_t channels = 0;    ///< C of the continuous input, 0 if the input is tokens
  Output output = Output::per_position;
  Context context = Context::any;
  int64_t output_width = 0;       ///< O: V for a language model, classes, or values to regress
  int64_t max_length = 0;         ///< the longest sequence that training will show
  int64_t source_vocabulary = 0;  ///< of the source that a sequence is made from; 0: there is none
  int64_t max_source_length = 0;  ///< the longest source that training will show

  /// Whether each position is answered with a token of the input's own vocabulary.
  bool answers_tokens() const {
    return vocabulary > 0 && output == Output::per_position && output_width == vocabulary;
  }
  /// Throws OptionError if it is not, and a model's output layer is to be `tied` to its embedding.
  void check_tied(bool tied) const {
    if (tied && !answers_tokens())
      throw OptionError("tied",
                        "expected false: this task's output layer is no list of input tokens");
  }
};

struct SequenceInput {
  at::Tensor values = {};  ///< [B, T] int64 tokens, or [B, T, C] numbers
  at::Tensor lengths =
      {};  ///< [B] int64, how many positions of each row count; undefined: all of them
  at::Tensor source = {};          ///< [B, S] int64 tokens, for models that read a source
  at::Tensor source_lengths = {};  ///< [B] int64, as `lengths`

  int64_t rows() const { return values.size(0); }  ///< B
};

/// What a model carries from one incremental step to the next. Each model knows its own.
class SequenceState {
 public:
  virtual ~SequenceState() = default;
  /// Keeps these rows of the batch, `rows` [n] int64, in this order; one may be taken twice.
  virtual void select(const at::Tensor& rows) = 0;
  /// How many numbers it holds, over all rows; tokens and masks are not counted.
  virtual int64_t numel() const { throw std::logic_error("this state does not count its numbers"); }
  /// How many positions leave together when a window that slides is full; 1 unless it is set. What
  /// stays is read anew then, so that more of them cost less time and leave a shorter past. Nothing
  /// to states without such a window.
  virtual void set_eviction_stride(int64_t) {}
};

}  // namespace heed
