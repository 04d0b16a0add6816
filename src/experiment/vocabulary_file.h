#pragma once

#include <filesystem>

#include "train/data/tokenizer.h"

namespace heed {

/// Enough for about 350,000 words. Short words take twenty times as much in memory.
constexpr uint64_t max_vocabulary_file = uint64_t{4} << 20;

/// Writes {"unit": "word", "tokens": ["<unk>", ...]}, one token per line. Throws std::runtime_error
/// if the file would be too large, or cannot be written.
void write_vocabulary(const std::filesystem::path& path, const Vocabulary& vocabulary);

/// Throws std::runtime_error that names the file if it is too large or damaged.
Tokenizer read_vocabulary(const std::filesystem::path& path);

}  // namespace heed
