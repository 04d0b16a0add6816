#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "train/files/file.h"
#include "train/files/safetensors.h"

static_assert(std::endian::native == std::endian::little, "lengths and data are copied unchanged");

namespace heed {
namespace {

constexpr size_t header_alignment = 8;
constexpr size_t chunk_bytes = 1 << 20;
constexpr uint64_t entry_characters = 64;  // a tensor's share of the header, besides its name

std::string quote(const std::string& text) { return nlohmann::json(text).dump(); }

std::string type_name(at::ScalarType type) {
  for (const auto& [name, known] : safetensors_types())
    if (known == type) return name;
  throw std::runtime_error(c10::str("safetensors cannot hold the type ", type));
}

SafetensorsEntry describe_tensor(const std::string& name, const at::Tensor& tensor) {
  if (name == "__metadata__")
    throw std::runtime_error("safetensors reserves the name __metadata__");
  type_name(tensor.scalar_type());  // throws if it has none
  return {.name = name,
          .type = tensor.scalar_type(),
          .shape = tensor.sizes().vec(),
          .bytes = tensor.nbytes()};
}

// Wider numbers first: then programs that map the file find each number at a multiple of its size.
bool comes_before(const SafetensorsEntry& first, const SafetensorsEntry& second) {
  return c10::elementSize(first.type) > c10::elementSize(second.type);
}

std::string long_header_error() {
  return fmt::format(
      "its names and metadata take more than the {} bytes that readers of safetensors accept; "
      "write several files",
      max_safetensors_header);
}

// Length and JSON, padded with spaces to a multiple of 8 bytes.
std::string make_header(const std::vector<SafetensorsEntry>& entries,
                        const std::map<std::string, std::string>& metadata) {
  std::string text = "{";
  const auto add = [&text](const std::string& name, const std::string& value) {
    text += fmt::format("{}{}:{}", text.size() > 1 ? "," : "", quote(name), value);
  };
  if (!metadata.empty()) add("__metadata__", nlohmann::json(metadata).dump());
  uint64_t offset = 0;
  for (const auto& entry : entries) {
    const uint64_t end = offset + entry.bytes;
    add(entry.name, fmt::format(R"({{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})",
                                type_name(entry.type), fmt::join(entry.shape, ","), offset, end));
    offset = end;
  }
  text += '}';
  text.resize((text.size() + header_alignment - 1) / header_alignment * header_alignment, ' ');
  if (text.size() > max_safetensors_header) throw std::runtime_error(long_header_error());
  const uint64_t length = text.size();
  return std::string(reinterpret_cast<const char*>(&length), sizeof(length)) + text;
}

void copy(const SpoolFile& spool, uint64_t begin, uint64_t size, std::string& chunk,
          std::ostream& out) {
  for (const uint64_t end = begin + size; begin < end && out;) {
    const auto count =
        spool.read(begin, chunk.data(), std::min<uint64_t>(chunk.size(), end - begin));
    out.write(chunk.data(), static_cast<std::streamsize>(count));
    begin += count;
  }
}

}  // namespace

void write_safetensors(const std::filesystem::path& path, const NamedTensors& tensors,
                       const std::map<std::string, std::string>& metadata) {
  NamedTensors sorted;  // contiguous, on the CPU
  for (const auto& [name, tensor] : tensors)
    sorted.emplace_back(name, tensor.detach().cpu().contiguous());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return a.second.element_size() > b.second.element_size();
  });
  std::vector<SafetensorsEntry> entries;
  for (const auto& [name, tensor] : sorted) entries.push_back(describe_tensor(name, tensor));
  const auto header = make_header(entries, metadata);
  write_file(path, [&](std::ostream& out) {
    out << header;
    for (const auto& [name, tensor] : sorted)
      out.write(static_cast<const char*>(tensor.const_data_ptr()),
                static_cast<std::streamsize>(tensor.nbytes()));
  });
}

void SafetensorsWriter::fail(const std::string& why) const {
  throw std::runtime_error(fmt::format("cannot write {}: {}", path_.string(), why));
}

void SafetensorsWriter::grow_header(uint64_t characters) {
  header_ += characters;
  if (header_ > max_safetensors_header) fail(long_header_error());
}

void SafetensorsWriter::add(const std::string& name, const at::Tensor& tensor) {
  const auto contiguous = tensor.detach().cpu().contiguous();
  SafetensorsEntry entry;
  try {
    entry = describe_tensor(name, contiguous);
  } catch (const std::runtime_error& error) {
    fail(fmt::format("tensor \"{}\": {}", name, error.what()));
  }
  if (names_.count(name)) fail(fmt::format("tensor \"{}\" was added twice", name));
  grow_header(name.size() + entry_characters);
  entry.spooled_at = spool_.size();
  spool_.append({static_cast<const char*>(contiguous.const_data_ptr()), contiguous.nbytes()});
  names_.insert(name);
  entries_.push_back(std::move(entry));
}

void SafetensorsWriter::add_metadata(const std::string& name, const std::string& text) {
  std::string quoted;
  try {
    quoted = quote(text);
  } catch (const nlohmann::json::exception& error) {
    fail(fmt::format("metadata \"{}\": {}", name, error.what()));
  }
  grow_header(name.size() + quoted.size());
  if (!metadata_.emplace(name, text).second)
    fail(fmt::format("metadata \"{}\" was added twice", name));
}

void SafetensorsWriter::close() {
  std::stable_sort(entries_.begin(), entries_.end(), comes_before);
  std::string header;
  try {
    header = make_header(entries_, metadata_);
  } catch (const std::runtime_error& error) {
    fail(error.what());
  }
  std::string chunk(chunk_bytes, '\0');
  write_file(path_, [&](std::ostream& out) {
    out << header;
    for (const auto& entry : entries_) copy(spool_, entry.spooled_at, entry.bytes, chunk, out);
  });
}

}  // namespace heed
