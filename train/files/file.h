#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <ostream>
#include <string>

namespace heed {

/// A whole file. Throws std::runtime_error with the path and the system's reason.
std::string read_file(const std::filesystem::path& path);

/// The size limit of a file that is parsed into a tree, which takes some forty times as much
/// memory: 1 MiB.
constexpr uint64_t small_file_limit = uint64_t{1} << 20;

/// The same as read_file(), but a file larger than `limit` bytes is refused before it is read.
std::string read_small_file(const std::filesystem::path& path, uint64_t limit = small_file_limit);

/// Writes a file beside `path`, syncs it and renames it into place: readers and crashes see the
/// old content or the new, never a part. Throws std::runtime_error with the path and the system's
/// reason, and then leaves the old file unchanged.
void write_file(const std::filesystem::path& path, const std::function<void(std::ostream&)>& write);
void write_file(const std::filesystem::path& path, const std::string& content);

/// Makes a folder and its parents. Throws the same errors.
void make_folder(const std::filesystem::path& path);

/// Syncs a folder, so that files renamed or made inside it survive a power cut.
void sync_folder(const std::filesystem::path& path);

}  // namespace heed
