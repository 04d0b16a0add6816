#include "train/files/safetensors.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <unordered_set>

#include "train/files/file.h"

namespace heed {
namespace {

using nlohmann::json;

constexpr uint64_t length_bytes = 8;
constexpr int64_t max_dimensions = 16;

struct Entry {
  std::string name;
  at::ScalarType type = at::kFloat;
  std::vector<int64_t> shape;
  uint64_t begin = 0, end = 0;
};

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& why) {
  throw std::runtime_error(
      fmt::format("{} is no readable safetensors file: {}", path.string(), why));
}

// The bytes that a shape and type take; nothing if the number overflows or a size is negative.
std::optional<uint64_t> byte_count(const std::vector<int64_t>& shape, at::ScalarType type) {
  auto count = static_cast<int64_t>(c10::elementSize(type));
  bool empty = false;  // the other sizes must not overflow even then: strides are made of them
  for (const int64_t size : shape) {
    if (size < 0) return std::nullopt;
    empty = empty || size == 0;
    if (__builtin_mul_overflow(count, std::max<int64_t>(size, 1), &count)) return std::nullopt;
  }
  return empty ? 0 : static_cast<uint64_t>(count);
}

Entry read_entry(const std::string& name, const json& value, uint64_t data_size) {
  const auto fail = [&name](const std::string& why) {
    throw std::invalid_argument(fmt::format("tensor \"{}\": {}", name, why));
  };
  if (!value.is_object() || !value.contains("dtype") || !value.contains("shape") ||
      !value.contains("data_offsets"))
    fail("expected an object with dtype, shape and data_offsets");
  Entry entry{.name = name, .shape = {}};
  const auto type =
      std::find_if(safetensors_types().begin(), safetensors_types().end(),
                   [&value](const auto& known) { return value["dtype"] == known.first; });
  if (type == safetensors_types().end()) fail("unknown type " + value["dtype"].dump());
  entry.type = type->second;
  const auto& shape = value["shape"];
  if (!shape.is_array() || shape.size() > max_dimensions) fail("the shape is no list of sizes");
  for (const auto& size : shape) {
    if (!size.is_number_unsigned() || size.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX))
      fail("the shape holds " + size.dump());
    entry.shape.push_back(size.get<int64_t>());
  }
  const auto& place = value["data_offsets"];
  if (!place.is_array() || place.size() != 2 || !place[0].is_number_unsigned() ||
      !place[1].is_number_unsigned())
    fail("the offsets are no two numbers");
  entry.begin = place[0].get<uint64_t>();
  entry.end = place[1].get<uint64_t>();
  if (entry.begin > entry.end || entry.end > data_size) fail("its data lie outside the file");
  if (byte_count(entry.shape, entry.type) != entry.end - entry.begin)
    fail(fmt::format("shape [{}] and type do not make {} bytes", fmt::join(entry.shape, ", "),
                     entry.end - entry.begin));
  return entry;
}

// Tensors must follow each other without gaps, from the first byte to the last.
void check_places(std::vector<Entry> entries, uint64_t data_size) {
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  uint64_t end = 0;
  for (const auto& entry : entries) {
    if (entry.begin != end)
      throw std::invalid_argument(fmt::format("tensor \"{}\" starts at byte {}, expected {}",
                                              entry.name, entry.begin, end));
    end = entry.end;
  }
  if (end != data_size)
    throw std::invalid_argument(
        fmt::format("{} bytes of data belong to no tensor", data_size - end));
}

constexpr int deepest = 2;  // a list of a tensor in the header: its shape, its offsets

// Parsed into a tree, a header takes some forty times its size.
bool too_large(uint64_t header_size, uint64_t file_size) {
  return header_size > small_file_limit + file_size / 20;
}

// nlohmann keeps the last of two equal keys, but a file with two tensors of one name is damaged.
json parse_header(const std::string& text) {
  std::unordered_set<std::string> names;
  const auto see = [&names](int depth, json::parse_event_t event, json& parsed) {
    const bool opens =
        event == json::parse_event_t::object_start || event == json::parse_event_t::array_start;
    if (opens && depth > deepest) throw std::invalid_argument("its header has lists within lists");
    if (event == json::parse_event_t::key && depth == 1) {
      const auto& name = parsed.get_ref<const std::string&>();
      if (!names.insert(name).second)
        throw std::invalid_argument(fmt::format("the name \"{}\" appears twice", name));
    }
    return true;
  };
  auto header = json::parse(text, see);
  if (!header.is_object()) throw std::invalid_argument("the header is no JSON object");
  return header;
}

SafetensorsFile parse(const std::string& content) {
  uint64_t header_size = 0;
  if (content.size() < length_bytes) throw std::invalid_argument("it is shorter than 8 bytes");
  std::memcpy(&header_size, content.data(), length_bytes);
  if (header_size > content.size() - length_bytes)
    throw std::invalid_argument(
        fmt::format("a header of {} bytes in a file of {}", header_size, content.size()));
  if (header_size > max_safetensors_header)
    throw std::invalid_argument(fmt::format("a header of {} bytes, more than the {} of the format",
                                            header_size, max_safetensors_header));
  if (too_large(header_size, content.size()))
    throw std::invalid_argument(fmt::format("a header of {} bytes, too large for a file of {}",
                                            header_size, content.size()));
  const auto header = parse_header(content.substr(length_bytes, header_size));
  const uint64_t start = length_bytes + header_size, data_size = content.size() - start;
  SafetensorsFile file;
  std::vector<Entry> entries;
  for (const auto& [name, value] : header.items()) {
    if (name == "__metadata__")
      file.metadata = value.get<std::map<std::string, std::string>>();
    else
      entries.push_back(read_entry(name, value, data_size));
  }
  check_places(entries, data_size);
  for (const auto& entry : entries) {
    auto tensor = at::empty(entry.shape, entry.type);
    if (entry.end > entry.begin)
      std::memcpy(tensor.data_ptr(), content.data() + start + entry.begin, entry.end - entry.begin);
    file.tensors.emplace(entry.name, tensor);
  }
  return file;
}

}  // namespace

const std::vector<std::pair<std::string, at::ScalarType>>& safetensors_types() {
  static const std::vector<std::pair<std::string, at::ScalarType>> all = {
      {"F32", at::kFloat}, {"F64", at::kDouble}, {"BF16", at::kBFloat16}, {"F16", at::kHalf},
      {"I64", at::kLong},  {"I32", at::kInt},    {"U8", at::kByte},       {"BOOL", at::kBool}};
  return all;
}

SafetensorsFile read_safetensors(const std::filesystem::path& path) {
  const auto content = read_file(path);
  try {
    return parse(content);
  } catch (const std::invalid_argument& error) {
    refuse(path, error.what());
  } catch (const json::exception& error) {
    refuse(path, error.what());
  }
}

}  // namespace heed
