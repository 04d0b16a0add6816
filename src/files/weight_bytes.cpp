#include "src/files/weight_bytes.h"

namespace heed {

WeightLayout choose_layout(const at::Tensor& maps) {
  const int64_t queries = maps.size(-2), keys = maps.size(-1);
  const bool triangle = queries == keys && !maps.triu(1).count_nonzero().item<int64_t>();
  return {.queries = queries, .keys = keys, .triangle = triangle};
}

void append_weight_bytes(const at::Tensor& map, const WeightLayout& layout, std::string& bytes) {
  const auto rounded =
      at::nan_to_num(map, 0).clamp(0, 1).mul(255).round().to(at::kByte).contiguous();
  const auto* first = reinterpret_cast<const char*>(rounded.const_data_ptr<uint8_t>());
  for (int64_t query = 0; query < layout.queries; ++query)
    bytes.append(first + query * layout.keys,
                 static_cast<size_t>(layout.triangle ? query + 1 : layout.keys));
}

std::string base64(std::string_view bytes) {
  static constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t count = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t j = 0; j < 3; ++j)
      group = group << 8 | (j < count ? static_cast<uint8_t>(bytes[i + j]) : 0);
    for (size_t j = 0; j < 4; ++j) text += j <= count ? digits[group >> (18 - 6 * j) & 63] : '=';
  }
  return text;
}

}  // namespace heed
