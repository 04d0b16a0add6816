#pragma once

#include <filesystem>

#include "train/data/tokenizer.h"

namespace heed {

/// Room for some 350,000 words. Short ones take twenty times as much in memory.
constexpr uint64_t most_of_vocabulary_file = uint64_t{4} << 20;

/// {"unit": "word", "tokens": ["<unk>", ...]}, a token a line. Throws std::runtime_error if the
/// file would be larger than it may be, or cannot be written.
void write_vocabulary(const std::filesystem::path& path, const Vocabulary& vocabulary);

/// Throws std::runtime_error that names the file if it is larger than it may be or damaged.
Tokenizer read_vocabulary(const std::filesystem::path& path);

}  // namespace heed
