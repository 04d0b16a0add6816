#pragma once

#include <cstdint>
#include <string>

#include "models/options.h"
#include "models/sequence.h"
#include "train/tasks/task.h"

namespace heed {

inline const std::string mask_word = "<mask>";

/// What a task of text asks for: the next token at each position; or hidden tokens, from both sides
/// (the masked language model of 1810.04805, section 3.1), for models that are not causal.
struct Objective {
  std::string name = "next";  ///< or "masked"
  double mask_share = 0.15;   ///< of a row's tokens, rounded down, at least one

  void describe(OptionList& list);
  bool masked() const { return name == "masked"; }
  SequenceShape::Context context() const {
    return masked() ? SequenceShape::Context::bidirectional : SequenceShape::Context::causal;
  }

  /// A batch of next-token rows as it is, or with tokens hidden: of those chosen, 80 % read
  /// `mask_token`, 10 % a token drawn from the `mask_token` others, 10 % stay as they are; they
  /// alone are asked for. What is hidden in a row follows from seed, split and the row's number;
  /// the batch's first row has the number `first`.
  Batch apply(Batch batch, uint64_t seed, Split split, int64_t first, int64_t mask_token) const;
};

}  // namespace heed
