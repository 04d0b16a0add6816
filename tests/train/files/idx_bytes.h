#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace heed {

/// The bytes of an IDX file of unsigned bytes, by its definition.
inline std::string idx_bytes(const std::vector<uint32_t>& sizes,
                             const std::vector<uint8_t>& values) {
  std::string bytes = {0, 0, 8, static_cast<char>(sizes.size())};
  for (const uint32_t size : sizes)
    for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(size >> shift & 0xff);
  for (const uint8_t value : values) bytes += static_cast<char>(value);
  return bytes;
}

}  // namespace heed
