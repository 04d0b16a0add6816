#pragma once

#include <ATen/ATen.h>

#include <filesystem>
#include <map>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "train/files/safetensors_header.h"
#include "train/files/spool_file.h"

namespace heed {

// The safetensors format: 8 bytes of header length (little-endian), a JSON header with name, type,
// shape and place of each tensor, then the raw numbers. It cannot carry code, and Python reads it
// with `safetensors`.

using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

/// Written beside and renamed into place, tensors of larger numbers before those of smaller ones,
/// so that each lies at a multiple of its numbers' size. Types: float32, float64, bfloat16,
/// float16, int64, int32, uint8, bool. Throws std::runtime_error with the path and the reason.
void write_safetensors(const std::filesystem::path& path, const NamedTensors& tensors,
                       const std::map<std::string, std::string>& metadata = {});

/// The same file from tensors that come one by one: each is taken onto the disk (SpoolFile), and of
/// it only its name and place are held in memory. Without close() nothing is written. Errors are as
/// above, and nothing is left behind.
class SafetensorsWriter {
 public:
  explicit SafetensorsWriter(std::filesystem::path path) : path_(std::move(path)), spool_(path_) {}

  void add(const std::string& name, const at::Tensor& tensor);

  /// Texts are held in memory, and all of them must go into the header, which has a limit
  /// (max_safetensors_header): an error says so as soon as it is reached.
  void add_metadata(const std::string& name, const std::string& text);

  void close();

 private:
  struct Entry {
    SafetensorsEntry place = {};
    uint64_t begin = 0;  // of the spool
  };

  [[noreturn]] void fail(const std::string& why) const;
  void grow_header(uint64_t characters);

  std::filesystem::path path_;
  SpoolFile spool_;
  std::vector<Entry> entries_;
  std::unordered_set<std::string> names_;
  std::map<std::string, std::string> metadata_;
  uint64_t header_ = 0;  // characters in it, at least
};

struct SafetensorsFile {
  std::map<std::string, at::Tensor> tensors;  ///< on the CPU
  std::map<std::string, std::string> metadata;
};

/// Throws std::runtime_error that names the path and what is wrong with the file: every length,
/// type, shape and place is checked before anything of that size is allocated.
SafetensorsFile read_safetensors(const std::filesystem::path& path);

}  // namespace heed
