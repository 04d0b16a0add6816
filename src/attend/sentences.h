#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "src/attend/recording.h"

namespace heed {

/// One sentence to record.
struct Sentence {
  int64_t number = 1;               ///< of the line, or of the row of the split, from 1
  std::string name = {};            ///< "line0003"
  std::optional<Text> text = {};    ///< empty: a row of the task
  std::optional<Text> second = {};  ///< the second text of a pair
};

/// Sentences, read one at a time so that a corpus need not fit in memory.
struct Sentences {
  std::function<std::optional<Sentence>()> next;
  int64_t total = 0;  ///< 0: unknown
};

/// One text or pair.
Sentences given_text(const Text& first, const std::optional<Text>& second);

/// One text per line; a tab makes it a pair, and empty lines are skipped. This and next() throw
/// std::runtime_error with the file and the line; a file without texts is an error too.
Sentences lines_of_file(const std::string& file);

/// The first `count` rows of a split. Throws ConfigError where it has fewer.
Sentences rows_of_split(const Task& task, Split split, int64_t count);

}  // namespace heed
