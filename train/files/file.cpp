#include "train/files/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace heed {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void fail(const std::string& doing, const fs::path& path, int reason) {
  throw std::runtime_error(
      fmt::format("cannot {} {}: {}", doing, path.string(), std::strerror(reason)));
}

void sync(const fs::path& path, int flags) {
  const int descriptor = ::open(path.c_str(), flags);
  if (descriptor < 0) fail("open", path, errno);
  const int status = ::fsync(descriptor);
  const int reason = errno;
  ::close(descriptor);
  // Some file systems cannot sync a folder; that is no failure of the write.
  if (status != 0 && reason != EINVAL) fail("write", path, reason);
}

}  // namespace

std::string read_file(const fs::path& path) {
  if (fs::is_directory(path)) fail("read", path, EISDIR);
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) fail("read", path, errno ? errno : EIO);
  std::ostringstream content;
  content << in.rdbuf();
  if (in.bad() || (!content && in.peek() != EOF)) fail("read", path, errno ? errno : EIO);
  return std::move(content).str();
}

std::string read_small_file(const fs::path& path, uint64_t limit) {
  std::error_code unknown;  // read_file reports it
  const auto size = fs::file_size(path, unknown);
  if (!unknown && size > limit)
    throw std::runtime_error(
        fmt::format("{}: expected a file of at most {} bytes, got {}", path.string(), limit, size));
  return read_file(path);
}

void write_file(const fs::path& path, const std::function<void(std::ostream&)>& write) {
  const fs::path beside = path.string() + ".new";
  try {
    errno = 0;
    std::ofstream out(beside, std::ios::binary | std::ios::trunc);
    if (out) write(out);
    out.close();
    if (!out) fail("write", path, errno ? errno : EIO);
    sync(beside, O_RDONLY);
    fs::rename(beside, path);
  } catch (const fs::filesystem_error& error) {
    std::error_code ignored;
    fs::remove(beside, ignored);
    fail("write", path, error.code().value());
  } catch (...) {
    std::error_code ignored;
    fs::remove(beside, ignored);
    throw;
  }
}

void write_file(const fs::path& path, const std::string& content) {
  write_file(path, [&content](std::ostream& out) { out << content; });
}

void make_folder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) fail("make the folder", path, error.value());
}

void sync_folder(const fs::path& path) { sync(path, O_RDONLY | O_DIRECTORY); }

}  // namespace heed
