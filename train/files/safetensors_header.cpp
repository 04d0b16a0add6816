#include "train/files/safetensors_header.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <bit>
#include <nlohmann/json.hpp>
#include <stdexcept>

static_assert(std::endian::native == std::endian::little,
              "lengths and data are copied as they are");

namespace heed {
namespace {

using nlohmann::json;

constexpr size_t alignment = 8;

std::string quoted(const std::string& text) { return json(text).dump(); }

std::string type_name(at::ScalarType type) {
  for (const auto& [name, known] : safetensors_types())
    if (known == type) return name;
  throw std::runtime_error(c10::str("safetensors cannot hold the type ", type));
}

}  // namespace

const std::vector<std::pair<std::string, at::ScalarType>>& safetensors_types() {
  static const std::vector<std::pair<std::string, at::ScalarType>> all = {
      {"F32", at::kFloat}, {"F64", at::kDouble}, {"BF16", at::kBFloat16}, {"F16", at::kHalf},
      {"I64", at::kLong},  {"I32", at::kInt},    {"U8", at::kByte},       {"BOOL", at::kBool}};
  return all;
}

SafetensorsEntry safetensors_entry(const std::string& name, const at::Tensor& tensor) {
  if (name == "__metadata__")
    throw std::runtime_error("safetensors keeps the name __metadata__ for itself");
  type_name(tensor.scalar_type());
  return {.name = name,
          .type = tensor.scalar_type(),
          .shape = tensor.sizes().vec(),
          .bytes = tensor.nbytes()};
}

bool stands_before(const SafetensorsEntry& first, const SafetensorsEntry& second) {
  return c10::elementSize(first.type) > c10::elementSize(second.type);
}

std::string safetensors_header(const std::vector<SafetensorsEntry>& entries,
                               const std::map<std::string, std::string>& metadata) {
  std::string text = "{";
  const auto add = [&text](const std::string& name, const std::string& value) {
    text += fmt::format("{}{}:{}", text.size() > 1 ? "," : "", quoted(name), value);
  };
  if (!metadata.empty()) add("__metadata__", json(metadata).dump());
  uint64_t offset = 0;
  for (const auto& entry : entries) {
    const uint64_t end = offset + entry.bytes;
    add(entry.name, fmt::format(R"({{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})",
                                type_name(entry.type), fmt::join(entry.shape, ","), offset, end));
    offset = end;
  }
  text += '}';
  text.resize((text.size() + alignment - 1) / alignment * alignment, ' ');
  if (text.size() > max_safetensors_header) throw std::runtime_error(long_header_error());
  const uint64_t length = text.size();
  return std::string(reinterpret_cast<const char*>(&length), sizeof(length)) + text;
}

std::string long_header_error() {
  return fmt::format(
      "its names and metadata take more than the {} bytes that readers of safetensors accept; "
      "write several files",
      max_safetensors_header);
}

}  // namespace heed
