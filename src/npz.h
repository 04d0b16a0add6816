#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/npy.h"

namespace heed {

// NumPy's archive of arrays: a zip of .npy files, which `numpy.load` reads. All errors are
// std::runtime_error with the file's path, the array's name and what was expected.

/// Collects arrays and writes them in close(), in the order in which they came; until then they are
/// held in memory. They are stored, not deflated: that would save little more than the masked half
/// of attention maps and take many times as long. The same arrays give the same bytes.
class NpzWriter {
 public:
  explicit NpzWriter(std::filesystem::path path) : path_(std::move(path)) {}

  /// `name` is the key in NumPy: not empty, without slashes, given once. `values` are row-major and
  /// as many as `shape` says; an empty shape is a single number.
  void add_float32(const std::string& name, const std::vector<int64_t>& shape,
                   std::span<const float> values);
  void add_int64(const std::string& name, const std::vector<int64_t>& shape,
                 std::span<const int64_t> values);

  /// Texts in UTF-8 as a one-dimensional array of `<U{n}`, n the length of the longest in code
  /// points. NumPy pads such texts with NUL characters and drops them in reading, so NULs at the
  /// end of a text are lost.
  void add_texts(const std::string& name, const std::vector<std::string>& texts);

  /// Writes beside the path and renames into place: where this fails, nothing is left behind and a
  /// file that was there stays. At least one array is needed. Without close() nothing is written.
  void close();

 private:
  void add(const std::string& name, const std::string& dtype, const std::vector<int64_t>& shape,
           std::string_view data);

  std::filesystem::path path_;
  std::vector<std::pair<std::string, std::string>> files_;  // names and contents
};

/// Reads the array `name` of an archive.
NpyArray read_npz_entry(const std::filesystem::path& path, const std::string& name);

}  // namespace heed
