#pragma once

#include <c10/util/Half.h>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "src/files/npy.h"
#include "train/files/spool_file.h"

namespace heed {

// NumPy's archive of arrays: a zip of .npy files, which `numpy.load` reads. All errors are
// std::runtime_error with the file's path, the array's name and what was expected.

/// Spools arrays to the disk one by one (SpoolFile), and writes the archive in close(), in the same
/// order. Only the name and place of each array are held in memory, so an archive may be larger
/// than memory. Arrays are stored without compression, which would save little more than the masked
/// half of attention maps and take many times as long. The same arrays give the same bytes.
class NpzWriter {
 public:
  explicit NpzWriter(std::filesystem::path path) : path_(std::move(path)), spool_(path_) {}

  /// `name` is the key in NumPy: not empty, without slashes, used once. `values` are row-major, and
  /// `shape` gives their number; an empty shape is a single number. If this throws, nothing is
  /// added, unless the disk is full.
  void add_float32(const std::string& name, const std::vector<int64_t>& shape,
                   std::span<const float> values);
  void add_float16(const std::string& name, const std::vector<int64_t>& shape,
                   std::span<const c10::Half> values);
  void add_int64(const std::string& name, const std::vector<int64_t>& shape,
                 std::span<const int64_t> values);

  /// Texts in UTF-8 as a one-dimensional array of `<U{n}`, n the length of the longest in code
  /// points. NumPy pads such texts with NUL characters and drops them in reading, so NULs at the
  /// end of a text are lost.
  void add_texts(const std::string& name, const std::vector<std::string>& texts);

  /// Writes beside the path, then renames. If this fails, it leaves no file and an existing file
  /// stays. At least one array is needed. Without close() nothing is written.
  void close();

 private:
  struct File {
    std::string name;
    uint64_t begin = 0, size = 0;  // of the spool
  };

  void add(const std::string& name, const std::string& dtype, const std::vector<int64_t>& shape,
           std::string_view data);

  std::filesystem::path path_;
  SpoolFile spool_;
  std::vector<File> files_;
  std::unordered_set<std::string> names_;
};

/// Reads the array `name` of an archive.
NpyArray read_npz_entry(const std::filesystem::path& path, const std::string& name);

}  // namespace heed
