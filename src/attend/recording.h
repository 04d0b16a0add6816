#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "src/files/attention_arrays.h"
#include "src/experiment/run.h"

namespace heed {

/// Which layers and heads to keep, by their numbers from 0; empty: all.
struct HeadChoice {
  std::vector<int64_t> layers = {};
  std::vector<int64_t> heads = {};
};

struct Text {
  std::string words;
  std::string origin;  ///< for errors
};

/// Runs the model over one text and keeps its maps, tokens and numbers.
///
/// A model that reads a source reads `first` there; the sequence is `second`, or without one the
/// model's own likeliest answer. Any other model reads `second` right behind `first`, with a space
/// between where words or characters are read and the vocabulary has one.
///
/// Throws std::runtime_error for a text that the vocabulary cannot tell or that has no tokens,
/// ConfigError for layers or heads that the model does not have.
AttentionArrays record_text(const Run& run, const Text& first, const std::optional<Text>& second,
                            const HeadChoice& choice = {});

/// The same for one row of a split, with the links that the task knows. Where the input is numbers
/// and not tokens, these stand for the tokens, rounded.
AttentionArrays record_row(const Run& run, Split split, int64_t row, const HeadChoice& choice = {});

}  // namespace heed
