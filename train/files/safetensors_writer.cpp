#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "train/files/file.h"
#include "train/files/safetensors.h"

namespace heed {
namespace {

constexpr size_t chunk_bytes = 1 << 20;
constexpr uint64_t entry_characters = 64;  // of a tensor in the header, at least, besides its name

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

void SafetensorsWriter::fail(const std::string& why) const {
  throw std::runtime_error(fmt::format("cannot write {}: {}", path_.string(), why));
}

void SafetensorsWriter::grow_header(uint64_t characters) {
  header_ += characters;
  if (header_ > max_safetensors_header) fail(long_header_error());
}

void SafetensorsWriter::add(const std::string& name, const at::Tensor& tensor) {
  const auto plain = tensor.detach().cpu().contiguous();
  Entry entry{.place = {}, .begin = spool_.size()};
  try {
    entry.place = safetensors_entry(name, plain);
  } catch (const std::runtime_error& error) {
    fail(fmt::format("tensor \"{}\": {}", name, error.what()));
  }
  if (names_.count(name)) fail(fmt::format("tensor \"{}\" was added twice", name));
  grow_header(name.size() + entry_characters);
  spool_.append({static_cast<const char*>(plain.const_data_ptr()), plain.nbytes()});
  names_.insert(name);
  entries_.push_back(std::move(entry));
}

void SafetensorsWriter::add_metadata(const std::string& name, const std::string& text) {
  std::string quoted;
  try {
    quoted = nlohmann::json(text).dump();
  } catch (const nlohmann::json::exception& error) {
    fail(fmt::format("metadata \"{}\": {}", name, error.what()));
  }
  grow_header(name.size() + quoted.size());
  if (!metadata_.emplace(name, text).second)
    fail(fmt::format("metadata \"{}\" was added twice", name));
}

void SafetensorsWriter::close() {
  std::stable_sort(entries_.begin(), entries_.end(),
                   [](const Entry& a, const Entry& b) { return stands_before(a.place, b.place); });
  std::vector<SafetensorsEntry> places;
  for (const auto& entry : entries_) places.push_back(entry.place);
  std::string header;
  try {
    header = safetensors_header(places, metadata_);
  } catch (const std::runtime_error& error) {
    fail(error.what());
  }
  std::string chunk(chunk_bytes, '\0');
  write_file(path_, [&](std::ostream& out) {
    out << header;
    for (const auto& [place, begin] : entries_) copy(spool_, begin, place.bytes, chunk, out);
  });
}

}  // namespace heed
