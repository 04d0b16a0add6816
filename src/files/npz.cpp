#include "src/files/npz.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <zip.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

namespace heed {
namespace {

// 1980-01-01, the first date a zip knows, so that the same arrays give the same bytes.
constexpr zip_uint16_t entry_time = 0, entry_date = (1 << 5) | 1;

template <typename T>
std::string_view view_bytes(std::span<const T> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

// --- The part of a spool file that libzip reads an entry from ------------------------------------

struct Part {
  const SpoolFile* spool;
  uint64_t begin = 0, size = 0;
  uint64_t done = 0;
};

constexpr zip_int64_t failed = -1;

zip_int64_t read_part(Part& part, void* data, zip_uint64_t room) {
  const auto count = std::min<uint64_t>(room, part.size - part.done);
  if (count == 0) return 0;
  try {
    const auto got = part.spool->read(part.begin + part.done, static_cast<char*>(data), count);
    part.done += got;
    return static_cast<zip_int64_t>(got);
  } catch (const std::runtime_error&) {
    return failed;  // an exception must not pass through libzip, which is C
  }
}

zip_int64_t write_status(const Part& part, void* data) {
  auto* status = static_cast<zip_stat_t*>(data);
  zip_stat_init(status);
  status->size = status->comp_size = part.size;
  status->comp_method = ZIP_CM_STORE;
  status->encryption_method = ZIP_EM_NONE;
  status->valid =
      ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
  return sizeof(*status);
}

zip_int64_t write_error(void* data) {
  const int error[2] = {ZIP_ER_READ, EIO};
  std::copy(error, error + 2, static_cast<int*>(data));
  return sizeof(error);
}

zip_int64_t handle_request(void* state, void* data, zip_uint64_t length, zip_source_cmd_t command) {
  auto& part = *static_cast<Part*>(state);
  switch (command) {
    case ZIP_SOURCE_OPEN:
      part.done = 0;
      return 0;
    case ZIP_SOURCE_READ:
      return read_part(part, data, length);
    case ZIP_SOURCE_CLOSE:
      return 0;
    case ZIP_SOURCE_STAT:
      return write_status(part, data);
    case ZIP_SOURCE_ERROR:
      return write_error(data);
    case ZIP_SOURCE_FREE:
      delete &part;
      return 0;
    case ZIP_SOURCE_SUPPORTS:
      return zip_source_make_command_bitmap(ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE,
                                            ZIP_SOURCE_STAT, ZIP_SOURCE_ERROR, ZIP_SOURCE_FREE, -1);
    default:
      return failed;
  }
}

// libzip asks for the source when the archive is closed; the spool file must live until then. All
// sources share its one file descriptor. Null if libzip has no memory, with its error in `archive`.
zip_source_t* spool_source(zip_t* archive, const SpoolFile& spool, uint64_t begin, uint64_t size) {
  auto part = std::make_unique<Part>(Part{.spool = &spool, .begin = begin, .size = size});
  auto* source = zip_source_function(archive, handle_request, part.get());
  if (source) (void)part.release();  // libzip frees it
  return source;
}

// --- Archives ------------------------------------------------------------------------------------

struct ZipDiscard {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
using Archive = std::unique_ptr<zip_t, ZipDiscard>;

Archive open_archive(const std::filesystem::path& path, int flags, const std::string& doing) {
  int code = 0;
  Archive archive(zip_open(path.c_str(), flags, &code));
  if (archive) return archive;
  zip_error_t error;
  zip_error_init_with_code(&error, code);
  const std::string why = zip_error_strerror(&error);
  zip_error_fini(&error);
  throw std::runtime_error(fmt::format("cannot {} {}: {}", doing, path.string(), why));
}

// Takes over `source`.
void add_entry(zip_t* archive, const std::string& name, zip_source_t* source) {
  if (!source) throw std::runtime_error(zip_strerror(archive));
  const auto index = zip_file_add(archive, name.c_str(), source, ZIP_FL_ENC_UTF_8);
  if (index < 0) {
    zip_source_free(source);
    throw std::runtime_error(zip_strerror(archive));
  }
  const auto entry = static_cast<zip_uint64_t>(index);
  if (zip_set_file_compression(archive, entry, ZIP_CM_STORE, 0) != 0 ||
      zip_file_set_dostime(archive, entry, entry_time, entry_date, 0) != 0)
    throw std::runtime_error(zip_strerror(archive));
}

// The largest size that one array may unpack to: the size of the file bounds the memory.
uint64_t limit_size(zip_t* archive) {
  uint64_t packed = 0;
  zip_stat_t status;
  for (zip_int64_t i = 0; i < zip_get_num_entries(archive, 0); ++i)
    if (zip_stat_index(archive, static_cast<zip_uint64_t>(i), 0, &status) == 0 &&
        (status.valid & ZIP_STAT_COMP_SIZE))
      packed += std::min(status.comp_size, std::numeric_limits<uint64_t>::max() / 4 - packed);
  return packed + (uint64_t{16} << 20);
}

NpyArray read_entry(zip_t* archive, const std::string& file_name, const std::string& origin) {
  zip_stat_t status;
  const std::unique_ptr<zip_file_t, int (*)(zip_file_t*)> file(
      zip_fopen(archive, file_name.c_str(), 0), zip_fclose);
  if (!file || zip_stat(archive, file_name.c_str(), 0, &status) != 0 ||
      !(status.valid & ZIP_STAT_SIZE))
    refuse_array(origin, zip_strerror(archive));
  if (status.size > limit_size(archive))
    refuse_array(origin, fmt::format("its {} bytes are packed into too few", status.size));
  // Grows with the bytes that really come, since the archive may claim any size.
  std::string content, chunk(1 << 20, '\0');
  std::optional<std::pair<NpyArray, size_t>> checked;
  zip_int64_t count = 0;
  while ((count = zip_fread(file.get(), chunk.data(), chunk.size())) > 0) {
    content.append(chunk, 0, static_cast<size_t>(count));
    if (!checked) checked = read_npy_header(content, status.size, origin);
  }
  if (count < 0) refuse_array(origin, zip_file_strerror(file.get()));
  if (!checked || content.size() != status.size)
    refuse_array(origin, fmt::format("expected {} bytes, got {}", status.size, content.size()));
  content.erase(0, checked->second);
  checked->first.data = std::move(content);
  return std::move(checked->first);
}

}  // namespace

void NpzWriter::add(const std::string& name, const std::string& dtype,
                    const std::vector<int64_t>& shape, std::string_view data) {
  const auto origin = fmt::format("{}: array \"{}\"", path_.string(), name);
  if (name.empty() || name.find_first_of(std::string_view("/\\\0", 3)) != std::string::npos)
    refuse_array(origin, "expected a name without slashes that is not empty");
  const auto header = npy_header(dtype, shape, data.size(), origin);
  if (names_.count(name)) refuse_array(origin, "it was added twice");
  const auto begin = spool_.size();
  spool_.append(header);
  spool_.append(data);
  names_.insert(name);
  files_.push_back({.name = name + ".npy", .begin = begin, .size = spool_.size() - begin});
}

void NpzWriter::add_float32(const std::string& name, const std::vector<int64_t>& shape,
                            std::span<const float> values) {
  add(name, "<f4", shape, view_bytes(values));
}

void NpzWriter::add_float16(const std::string& name, const std::vector<int64_t>& shape,
                            std::span<const c10::Half> values) {
  add(name, "<f2", shape, view_bytes(values));
}

void NpzWriter::add_int64(const std::string& name, const std::vector<int64_t>& shape,
                          std::span<const int64_t> values) {
  add(name, "<i8", shape, view_bytes(values));
}

void NpzWriter::add_texts(const std::string& name, const std::vector<std::string>& texts) {
  const auto array = text_array(texts, fmt::format("{}: array \"{}\"", path_.string(), name));
  add(name, array.dtype, array.shape, array.data);
}

void NpzWriter::close() {
  // libzip removes an archive without entries.
  if (files_.empty()) refuse_array(path_.string(), "expected at least one array to write");
  auto archive = open_archive(path_, ZIP_CREATE | ZIP_TRUNCATE, "write");
  try {
    for (const auto& [name, begin, size] : files_)
      add_entry(archive.get(), name, spool_source(archive.get(), spool_, begin, size));
    if (zip_close(archive.get()) != 0) throw std::runtime_error(zip_strerror(archive.get()));
    (void)archive.release();  // zip_close has freed it
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(fmt::format("cannot write {}: {}", path_.string(), error.what()));
  }
}

NpyArray read_npz_entry(const std::filesystem::path& path, const std::string& name) {
  const auto archive = open_archive(path, ZIP_RDONLY, "read");
  const auto origin = fmt::format("{}: array \"{}\"", path.string(), name);
  if (zip_name_locate(archive.get(), (name + ".npy").c_str(), 0) < 0) {
    std::vector<std::string> names;
    for (zip_int64_t i = 0; i < zip_get_num_entries(archive.get(), 0); ++i) {
      const char* entry = zip_get_name(archive.get(), static_cast<zip_uint64_t>(i), 0);
      names.emplace_back(entry ? entry : "?");
    }
    refuse_array(
        origin, fmt::format("there is none; the file holds {}",
                            names.empty() ? "nothing" : fmt::format("{}", fmt::join(names, ", "))));
  }
  return read_entry(archive.get(), name + ".npy", origin);
}

}  // namespace heed
