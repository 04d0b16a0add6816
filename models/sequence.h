#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <stdexcept>

#include "models/options.h"

namespace heed {

/// The shape of a model's input and output, which follows from the task.
struct SequenceShape {
  enum class Output {
    per_position,  ///< one output per position: [B, T, O]
    per_sequence,  ///< one output per sequence: [B, O]
  };
  /// Which inputs the output at a position may depend on.
  enum class Context {
    any,            ///< any that the model sees
    causal,         ///< no later ones: the target is the next token
    bidirectional,  ///< all: the target is a masked token, which both sides help to predict
  };
  int64_t vocabulary = 0;  ///< V of the token input, 0 if the input is continuous
  int64_t channels = 0;    ///< C of the continuous input, 0 if the input is tokens
  Output output = Output::per_position;
  Context context = Context::any;
  int64_t output_width =
      0;  ///< O: V for a language model, or the number of classes or regressed values
  int64_t max_length = 0;         ///< of the sequences in training
  int64_t source_vocabulary = 0;  ///< of the source sequence; 0: no source
  int64_t max_source_length = 0;  ///< of the sources in training

  /// Whether each output is a token of the input's vocabulary.
  bool answers_tokens() const {
    return vocabulary > 0 && output == Output::per_position && output_width == vocabulary;
  }
  /// Throws OptionError if not, and if the output layer is to be `tied` to the embedding.
  void check_tied(bool tied) const {
    if (tied && !answers_tokens())
      throw OptionError("tied",
                        "expected false: this task's output layer is no list of input tokens");
  }
};

struct SequenceInput {
  at::Tensor values = {};  ///< [B, T] int64 tokens, or [B, T, C] numbers
  at::Tensor lengths =
      {};  ///< [B] int64, the number of valid positions per row; undefined: all are valid
  at::Tensor source = {};          ///< [B, S] int64 tokens, for models that read a source
  at::Tensor source_lengths = {};  ///< [B] int64, like `lengths`

  int64_t rows() const { return values.size(0); }  ///< B
};

/// What a model carries from one incremental step to the next. Each model has its own type.
class SequenceState {
 public:
  virtual ~SequenceState() = default;
  /// Keeps these rows of the batch, `rows` [n] int64, in this order; a row may occur twice.
  virtual void select(const at::Tensor& rows) = 0;
  /// How many numbers it holds, over all rows, without tokens and masks.
  virtual int64_t numel() const { throw std::logic_error("this state does not count its numbers"); }
  /// Sets how many of the oldest positions are evicted at a time when the context is full;
  /// default 1. The positions that stay are read again after each eviction, so a larger stride
  /// costs less time and leaves a shorter context. States without a limited context ignore it.
  virtual void set_eviction_stride(int64_t) {}
};

}  // namespace heed
