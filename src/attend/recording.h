#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "src/experiment/run.h"
#include "src/files/attention_arrays.h"

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
/// A model with a source reads `first` as its source. Its sequence is `second` or, without one, the
/// model's own likeliest answer. Any other model reads `second` right after `first`, with a space
/// between them if the model reads characters and its vocabulary has one.
///
/// Throws std::runtime_error for a text that the vocabulary does not cover or that has no tokens,
/// and ConfigError for layers or heads that the model does not have.
AttentionArrays record_text(const Run& run, const Text& first, const std::optional<Text>& second,
                            const HeadChoice& choice = {});

/// The same for one row of a split, with the task's gold links. If the input is numbers, they are
/// rounded and take the place of the tokens.
AttentionArrays record_row(const Run& run, Split split, int64_t row, const HeadChoice& choice = {});

}  // namespace heed
