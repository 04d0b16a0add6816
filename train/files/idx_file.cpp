#include "train/files/idx_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

#include "train/files/file.h"

namespace heed {
namespace fs = std::filesystem;
namespace {

constexpr int64_t classes = 10;

[[noreturn]] void fail(const fs::path& path, const std::string& why) {
  throw std::runtime_error(fmt::format("{}: {}", path.string(), why));
}

uint8_t byte_at(const std::string& bytes, size_t index) {
  return static_cast<uint8_t>(bytes[index]);
}

std::string to_hex(const std::string& bytes) {
  std::string text;
  for (const char byte : bytes)
    text += fmt::format("{}{:02x}", text.empty() ? "" : " ", static_cast<uint8_t>(byte));
  return text.empty() ? "nothing" : text;
}

// Checks the first four bytes: two zeros, the type 08, the number of dimensions.
void check_magic(const fs::path& path, const std::string& bytes, int64_t dimensions) {
  if (bytes.starts_with("\x1f\x8b"))
    fail(path, fmt::format("expected an IDX file, got one packed by gzip; unpack it first: "
                           "gunzip {}",
                           path.filename().string()));
  const auto magic = bytes.substr(0, 4);
  if (magic.size() < 4 || magic[0] != 0 || magic[1] != 0)
    fail(path, fmt::format("expected an IDX file, which begins with the bytes 00 00 08 {:02x}, got "
                           "{}",
                           dimensions, to_hex(magic)));
  if (magic[2] != 0x08)
    fail(path, fmt::format("expected numbers of one byte (type 08), got the type {:02x}",
                           byte_at(magic, 2)));
  if (byte_at(magic, 3) != dimensions)
    fail(path, fmt::format("expected {} dimension{}, got {}; images have 3 (number, rows, columns) "
                           "and labels 1",
                           dimensions, dimensions == 1 ? "" : "s", byte_at(magic, 3)));
}

int64_t size_at(const std::string& bytes, size_t index) {
  int64_t size = 0;
  for (size_t i = 0; i < 4; ++i) size = size << 8 | byte_at(bytes, index + i);
  return size;
}

}  // namespace

IdxFile read_idx(const fs::path& path, int64_t dimensions) {
  const auto bytes = read_file(path);
  check_magic(path, bytes, dimensions);
  const auto header = static_cast<size_t>(4 + 4 * dimensions);
  if (bytes.size() < header)
    fail(path,
         fmt::format("expected a header of {} bytes, got a file of {}", header, bytes.size()));
  IdxFile file;
  double promised = 1;  // the product of damaged sizes may fit no integer
  for (size_t index = 4; index < header; index += 4) {
    file.sizes.push_back(size_at(bytes, index));
    promised *= static_cast<double>(file.sizes.back());
  }
  if (promised == 0) fail(path, "expected at least one number, got none");
  const auto size = bytes.size() - header;
  if (promised != static_cast<double>(size))
    fail(path, fmt::format("expected {} = {:.0f} bytes after the header, got {}; the file is "
                           "damaged",
                           fmt::join(file.sizes, " x "), promised, size));
  file.values.assign(bytes.begin() + static_cast<int64_t>(header), bytes.end());
  return file;
}

LabelledImages read_labelled_images(const fs::path& images, const fs::path& labels) {
  auto pixels = read_idx(images, 3);
  auto numbers = read_idx(labels, 1);
  if (pixels.sizes[0] != numbers.sizes[0])
    fail(labels, fmt::format("expected a label for each of the {} images in {}, got {}",
                             pixels.sizes[0], images.string(), numbers.sizes[0]));
  const auto wrong = std::find_if(numbers.values.begin(), numbers.values.end(),
                                  [](uint8_t label) { return label >= classes; });
  if (wrong != numbers.values.end())
    fail(labels, fmt::format("expected labels from 0 to {}, got {} for image {}", classes - 1,
                             *wrong, wrong - numbers.values.begin()));
  return {.count = pixels.sizes[0],
          .rows = pixels.sizes[1],
          .columns = pixels.sizes[2],
          .pixels = std::move(pixels.values),
          .labels = std::move(numbers.values)};
}

}  // namespace heed
