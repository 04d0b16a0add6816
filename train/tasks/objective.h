#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "models/options.h"
#include "models/sequence.h"
#include "train/data/batch.h"

namespace heed {

inline const std::string mask_word = "<mask>";

/// What a text task asks for: the next token at each position, or masked tokens, which a model that
/// is not causal predicts from both sides (the masked language model of 1810.04805, section 3.1).
struct Objective {
  enum class Kind { next, masked };

  Kind kind = Kind::next;
  double mask_share = 0.15;  ///< of a row's tokens, rounded down, but at least one token

  void describe(OptionList& list);
  bool masked() const { return kind == Kind::masked; }
  SequenceShape::Context context() const {
    return masked() ? SequenceShape::Context::bidirectional : SequenceShape::Context::causal;
  }

  /// Returns a batch of next-token rows unchanged, or with masked tokens: of the tokens chosen, 80
  /// % become `mask_token`, 10 % a random other token, and 10 % stay. Only they are asked for. The
  /// choice follows from the seed, the split and the row's number; the batch's first row has the
  /// number `first`. Tokens below `mask_token` are ordinary ones.
  Batch apply(Batch batch, uint64_t seed, Split split, int64_t first, int64_t mask_token) const;
};

template <>
inline constexpr auto enum_names<Objective::Kind> = std::to_array<EnumName<Objective::Kind>>(
    {{"next", Objective::Kind::next}, {"masked", Objective::Kind::masked}});

}  // namespace heed
