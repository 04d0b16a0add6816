#include "train/files/small_file.h"

#include <fmt/format.h>

#include <stdexcept>
#include <system_error>

#include "train/files/file.h"

namespace heed {

std::string read_small_file(const std::filesystem::path& path, uint64_t most) {
  std::error_code unknown;  // read_file says why
  const auto size = std::filesystem::file_size(path, unknown);
  if (!unknown && size > most)
    throw std::runtime_error(
        fmt::format("{}: expected a file of at most {} bytes, got {}", path.string(), most, size));
  return read_file(path);
}

}  // namespace heed
