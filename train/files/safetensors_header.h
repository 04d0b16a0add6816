#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace heed {

// What a safetensors file opens with.

/// The types that the format knows here, by their names in it.
const std::vector<std::pair<std::string, at::ScalarType>>& safetensors_types();

/// A tensor whose data lie right behind those of the one before.
struct SafetensorsEntry {
  std::string name;
  at::ScalarType type = at::kFloat;
  std::vector<int64_t> shape = {};
  uint64_t bytes = 0;
};

/// Throws std::runtime_error for a type that the format cannot hold, and for the name of the
/// metadata.
SafetensorsEntry safetensors_entry(const std::string& name, const at::Tensor& tensor);

/// Whether `first` must stand before `second`, so that whatever reads the file in place finds each
/// number at a multiple of its size: larger numbers come first.
bool stands_before(const SafetensorsEntry& first, const SafetensorsEntry& second);

/// Length and JSON, filled up with spaces to a multiple of 8 bytes. Throws std::runtime_error where
/// it is longer than readers of the format accept, or a text is no UTF-8.
std::string safetensors_header(const std::vector<SafetensorsEntry>& entries,
                               const std::map<std::string, std::string>& metadata);

/// The longest header that readers accept (MAX_HEADER_SIZE of the format's own library), and what
/// to say of a longer one.
constexpr uint64_t max_safetensors_header = 100'000'000;
std::string long_header_error();

}  // namespace heed
