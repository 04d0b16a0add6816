#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace heed {

/// What is parsed into a tree takes some forty times its size in memory, so such a file may have
/// 1 MiB at most.
constexpr uint64_t most_of_small_file = uint64_t{1} << 20;

/// A whole file, as read_file(). Throws std::runtime_error, before it is read, if it is larger.
std::string read_small_file(const std::filesystem::path& path, uint64_t most = most_of_small_file);

}  // namespace heed
