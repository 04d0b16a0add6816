#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "src/attend/recording.h"

namespace heed {

/// What is to be recorded next.
struct Sentence {
  int64_t number = 1;               ///< counted from 1: the line, or the row of the split
  std::string name = {};            ///< "line0003"
  std::optional<Text> text = {};    ///< empty: a row of the task
  std::optional<Text> second = {};  ///< of a pair
};

/// Sentences one by one, so that a corpus need not fit in memory.
struct Sentences {
  std::function<std::optional<Sentence>()> next;
  int64_t total = 0;  ///< 0: not known
};

/// One text or pair.
Sentences given_text(const Text& first, const std::optional<Text>& second);

/// A text a line; a tab makes it a pair, empty lines are skipped. Throws std::runtime_error, also
/// from next(), with the file and the line; a file without texts is an error too.
Sentences lines_of_file(const std::string& file);

/// The first `count` rows of a split. Throws ConfigError where it has fewer.
Sentences rows_of_split(const Task& task, Split split, int64_t count);

}  // namespace heed
