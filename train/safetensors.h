#pragma once

#include <ATen/ATen.h>

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace heed {

// The safetensors format: 8 bytes of header length (little-endian), a JSON header with name, type,
// shape and place of each tensor, then the raw numbers. It cannot carry code, and Python reads it
// with `safetensors`.

using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

/// Written beside and renamed into place. Types: float32, float64, bfloat16, float16, int64, int32,
/// uint8, bool. Throws std::runtime_error with the path and the reason.
void write_safetensors(const std::filesystem::path& path, const NamedTensors& tensors,
                       const std::map<std::string, std::string>& metadata = {});

struct SafetensorsFile {
  std::map<std::string, at::Tensor> tensors;  ///< on the CPU
  std::map<std::string, std::string> metadata;
};

/// Throws std::runtime_error that names the path and what is wrong with the file: every length,
/// type, shape and place is checked before anything of that size is allocated.
SafetensorsFile read_safetensors(const std::filesystem::path& path);

}  // namespace heed
