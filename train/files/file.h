#pragma once

#include <filesystem>
#include <functional>
#include <ostream>
#include <string>

namespace heed {

/// A whole file. Throws std::runtime_error with the path and the system's reason.
std::string read_file(const std::filesystem::path& path);

/// Writes a file beside `path`, syncs it and renames it into place: a reader, or a crash, sees the
/// old content or the new, never a part. Throws std::runtime_error with the path and the system's
/// reason, and leaves the old file as it was.
void write_file(const std::filesystem::path& path, const std::function<void(std::ostream&)>& write);
void write_file(const std::filesystem::path& path, const std::string& content);

/// Makes a folder with its parents; the same errors.
void make_folder(const std::filesystem::path& path);

/// Makes what was renamed or made inside a folder survive a power cut.
void sync_folder(const std::filesystem::path& path);

}  // namespace heed
