#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "train/files/spool_file.h"

namespace heed {

// The safetensors format: 8 bytes with the length of the header (little-endian), a JSON header with
// the name, type, shape and place of each tensor, then the raw numbers. A file cannot carry code,
// and Python reads it with `safetensors`.

using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

/// The types that heed reads and writes, by their names in the format.
const std::vector<std::pair<std::string, at::ScalarType>>& safetensors_types();

/// The longest header that readers accept (MAX_HEADER_SIZE of the format's own library).
constexpr uint64_t max_safetensors_header = 100'000'000;

/// Writes beside the path and renames into place. Tensors of wider numbers come first, so that
/// each one's data begin at a multiple of its numbers' size. Types: float32, float64, bfloat16,
/// float16, int64, int32, uint8, bool. Throws std::runtime_error with the path and the reason.
void write_safetensors(const std::filesystem::path& path, const NamedTensors& tensors,
                       const std::map<std::string, std::string>& metadata = {});

/// What the header says of one tensor.
struct SafetensorsEntry {
  std::string name;
  at::ScalarType type = at::kFloat;
  std::vector<int64_t> shape = {};
  uint64_t bytes = 0;
  uint64_t spooled_at = 0;  ///< where a SafetensorsWriter keeps its data
};

/// Writes the same file from tensors that come one by one. Each goes straight to disk (SpoolFile);
/// only its name and place stay in memory. Nothing is written before close(). Errors are as above,
/// and leave no file behind.
class SafetensorsWriter {
 public:
  explicit SafetensorsWriter(std::filesystem::path path) : path_(std::move(path)), spool_(path_) {}

  void add(const std::string& name, const at::Tensor& tensor);

  /// Metadata stay in memory. They must fit into the header together with the tensors' names;
  /// add() and add_metadata() throw as soon as they do not.
  void add_metadata(const std::string& name, const std::string& text);

  void close();

 private:
  [[noreturn]] void fail(const std::string& why) const;
  void grow_header(uint64_t characters);

  std::filesystem::path path_;
  SpoolFile spool_;
  std::vector<SafetensorsEntry> entries_;
  std::unordered_set<std::string> names_;
  std::map<std::string, std::string> metadata_;
  uint64_t header_ = 0;  // a lower bound of the header's characters
};

struct SafetensorsFile {
  std::map<std::string, at::Tensor> tensors;  ///< on the CPU
  std::map<std::string, std::string> metadata;
};

/// Throws std::runtime_error with the path and what is wrong with the file. Every length, type,
/// shape and place is checked before memory is allocated for it.
SafetensorsFile read_safetensors(const std::filesystem::path& path);

}  // namespace heed
