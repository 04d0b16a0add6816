#include "src/npz.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <zip.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <memory>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "train/utf8.h"

static_assert(std::endian::native == std::endian::little, "npy data are copied as they are");

namespace heed {
namespace {

constexpr std::string_view magic = "\x93NUMPY";
constexpr size_t alignment = 64;  // of the data, as NumPy writes them
constexpr size_t max_dimensions = 32;
constexpr uint64_t max_header = 1 << 16;
constexpr uint64_t max_text_length = 1 << 20;  // code points of one text
// 1980-01-01, the first date a zip knows, so that the same arrays give the same bytes.
constexpr zip_uint16_t entry_time = 0, entry_date = (1 << 5) | 1;

[[noreturn]] void fail(const std::string& origin, const std::string& why) {
  throw std::runtime_error(fmt::format("{}: {}", origin, why));
}

// The product of the shape, or nothing if it is impossible.
std::optional<uint64_t> count_of(const std::vector<int64_t>& shape) {
  uint64_t count = 1;
  for (const int64_t size : shape)
    if (size < 0 || __builtin_mul_overflow(count, static_cast<uint64_t>(size), &count))
      return std::nullopt;
  return count;
}

// The bytes of an array, or nothing if there is no such array.
std::optional<uint64_t> size_of(const std::vector<int64_t>& shape, uint64_t item) {
  const auto count = count_of(shape);
  uint64_t size = 0;
  if (!count || __builtin_mul_overflow(*count, item, &size)) return std::nullopt;
  return size;
}

std::string shape_text(const std::vector<int64_t>& shape) {
  return fmt::format("({}{})", fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
}

// --- Writing -------------------------------------------------------------------------------------

std::string npy_header(const std::string& dtype, const std::vector<int64_t>& shape) {
  auto dictionary = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}", dtype,
                                shape_text(shape));
  const size_t before = magic.size() + 4;  // version and length
  const size_t total = (before + dictionary.size() + 1 + alignment - 1) / alignment * alignment;
  dictionary.resize(total - before - 1, ' ');
  dictionary += '\n';
  const auto length = static_cast<uint16_t>(dictionary.size());
  std::string header(magic);
  header += {'\x01', '\x00', static_cast<char>(length & 0xFF), static_cast<char>(length >> 8)};
  return header + dictionary;
}

template <typename T>
std::string_view bytes_of(std::span<const T> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

// One text as code points.
std::vector<uint32_t> decoded(const std::string& text, const std::string& origin) {
  std::vector<uint32_t> points;
  try {
    for (const auto& character : utf8_characters(text, origin))
      points.push_back(code_point(character));
  } catch (const std::runtime_error&) {
    fail(origin,
         fmt::format("expected UTF-8, got the {} bytes {:02X}", text.size(),
                     fmt::join(std::span(reinterpret_cast<const unsigned char*>(text.data()),
                                         std::min<size_t>(text.size(), 16)),
                               " ")));
  }
  return points;
}

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

void add_entry(zip_t* archive, const std::string& name, const std::string& content) {
  zip_source_t* source = zip_source_buffer(archive, content.data(), content.size(), 0);
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

// --- Reading -------------------------------------------------------------------------------------

struct Header {
  std::optional<std::string> dtype;
  std::optional<bool> fortran_order;
  std::optional<std::vector<int64_t>> shape;
};

// The header is a Python dictionary of three known keys: no more of Python than that is understood.
class HeaderParser {
 public:
  HeaderParser(std::string_view text, const std::string& origin) : rest_(text), origin_(origin) {}

  Header parse() {
    Header header;
    expect('{');
    while (!take('}')) {
      const auto key = quoted();
      expect(':');
      if (key == "descr" && !header.dtype)
        header.dtype = quoted();
      else if (key == "fortran_order" && !header.fortran_order)
        header.fortran_order = boolean();
      else if (key == "shape" && !header.shape)
        header.shape = tuple();
      else
        refuse(fmt::format("the key '{}' is unknown or stands twice", key));
      if (!take(',')) {
        expect('}');
        break;
      }
    }
    if (rest_.find_first_not_of(" \n") != std::string_view::npos)
      refuse("something stands behind the dictionary");
    if (!header.dtype || !header.fortran_order || !header.shape)
      refuse("expected the keys 'descr', 'fortran_order' and 'shape'");
    return header;
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const { fail(origin_, "npy header: " + why); }

  bool take(char c) {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size()));
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void expect(char c) {
    if (!take(c)) refuse(fmt::format("expected '{}', got \"{}\"", c, rest_.substr(0, 16)));
  }

  std::string quoted() {
    expect('\'');
    const auto end = std::min(rest_.find('\''), rest_.size());
    const std::string text(rest_.substr(0, end));
    rest_.remove_prefix(end);
    expect('\'');
    return text;
  }

  bool boolean() {
    for (const bool value : {false, true}) {
      const std::string_view name = value ? "True" : "False";
      if (take(name.front()) && rest_.substr(0, name.size() - 1) == name.substr(1)) {
        rest_.remove_prefix(name.size() - 1);
        return value;
      }
    }
    refuse("expected 'fortran_order' to be True or False");
  }

  std::vector<int64_t> tuple() {
    std::vector<int64_t> sizes;
    expect('(');
    while (!take(')')) {
      int64_t size = 0;
      const auto* end = rest_.data() + rest_.size();
      rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size()));
      const auto parsed = std::from_chars(rest_.data(), end, size);
      if (parsed.ec != std::errc() || size < 0 || sizes.size() == max_dimensions)
        refuse(fmt::format("expected a shape of {} sizes at most, got \"{}\"", max_dimensions,
                           rest_.substr(0, 16)));
      rest_.remove_prefix(static_cast<size_t>(parsed.ptr - rest_.data()));
      sizes.push_back(size);
      if (!take(',')) {
        expect(')');
        break;
      }
    }
    return sizes;
  }

  std::string_view rest_;
  const std::string& origin_;
};

// The n of "<U{n}".
std::optional<uint64_t> text_length(std::string_view dtype) {
  uint64_t length = 0;
  if (dtype.substr(0, 2) != "<U") return std::nullopt;
  const auto parsed = std::from_chars(dtype.data() + 2, dtype.data() + dtype.size(), length);
  const bool whole = parsed.ec == std::errc() && parsed.ptr == dtype.data() + dtype.size();
  if (!whole || length < 1 || length > max_text_length) return std::nullopt;
  return length;
}

uint64_t item_size(const std::string& dtype, const std::string& origin) {
  if (dtype == "|b1" || dtype == "|u1") return 1;
  if (dtype == "<f4") return 4;
  if (dtype == "<f8" || dtype == "<i8") return 8;
  if (const auto length = text_length(dtype)) return *length * 4;
  fail(origin, fmt::format("expected one of the types <f4, <f8, <i8, |b1, |u1 and <U1 to <U{}, "
                           "got '{}'; convert the array in NumPy with astype",
                           max_text_length, dtype));
}

// Where the header's text lies in a file of `total` bytes that begins with `bytes`.
std::pair<size_t, size_t> header_place(std::string_view bytes, uint64_t total,
                                       const std::string& origin) {
  if (bytes.substr(0, magic.size()) != magic)
    fail(origin, "expected a .npy file, which starts with \\x93NUMPY");
  const auto byte = [&](size_t i) {
    if (i >= bytes.size()) fail(origin, "the file ends within its header");
    return static_cast<unsigned char>(bytes[i]);
  };
  const unsigned major = byte(6), minor = byte(7);
  if (major < 1 || major > 3 || minor != 0)
    fail(origin, fmt::format("expected npy version 1.0 to 3.0, got {}.{}", major, minor));
  const size_t length_bytes = major == 1 ? 2 : 4, start = 8 + length_bytes;
  uint64_t length = 0;
  for (size_t i = 0; i < length_bytes; ++i) length |= uint64_t{byte(8 + i)} << (8 * i);
  if (length > std::min<uint64_t>(max_header, bytes.size() - start))
    fail(origin, fmt::format("a header of {} bytes in a file of {}", length, total));
  return {start, start + length};
}

// The array without its data, and where these start; all of the file is checked against it.
std::pair<NpyArray, size_t> check_header(std::string_view bytes, uint64_t total,
                                         const std::string& origin) {
  const auto [start, end] = header_place(bytes, total, origin);
  const auto header = HeaderParser(bytes.substr(start, end - start), origin).parse();
  if (*header.fortran_order)
    fail(origin, "expected C order, got Fortran order; save np.ascontiguousarray(array)");
  const auto size = size_of(*header.shape, item_size(*header.dtype, origin));
  if (!size || *size != total - end)
    fail(origin, fmt::format("the shape {} of type '{}' does not fit {} bytes of data",
                             shape_text(*header.shape), *header.dtype, total - end));
  return {NpyArray{.dtype = *header.dtype, .shape = *header.shape, .data = {}}, end};
}

void append_utf8(std::string& text, uint32_t point) {
  const auto tail = [point](int shift) {
    return static_cast<char>(0x80 | (point >> shift & 0x3F));
  };
  if (point < 0x80)
    text += static_cast<char>(point);
  else if (point < 0x800)
    text += {static_cast<char>(0xC0 | point >> 6), tail(0)};
  else if (point < 0x10000)
    text += {static_cast<char>(0xE0 | point >> 12), tail(6), tail(0)};
  else
    text += {static_cast<char>(0xF0 | point >> 18), tail(12), tail(6), tail(0)};
}

NpyArray read_entry(zip_t* archive, const std::string& file_name, const std::string& origin) {
  zip_stat_t status;
  const std::unique_ptr<zip_file_t, int (*)(zip_file_t*)> file(
      zip_fopen(archive, file_name.c_str(), 0), zip_fclose);
  if (!file || zip_stat(archive, file_name.c_str(), 0, &status) != 0 ||
      !(status.valid & ZIP_STAT_SIZE))
    fail(origin, zip_strerror(archive));
  // Grows with what really comes, whatever the archive says about sizes.
  std::string content, chunk(1 << 20, '\0');
  std::optional<std::pair<NpyArray, size_t>> checked;
  zip_int64_t count = 0;
  while ((count = zip_fread(file.get(), chunk.data(), chunk.size())) > 0) {
    content.append(chunk, 0, static_cast<size_t>(count));
    if (!checked) checked = check_header(content, status.size, origin);
  }
  if (count < 0) fail(origin, zip_file_strerror(file.get()));
  if (!checked || content.size() != status.size)
    fail(origin, fmt::format("expected {} bytes, got {}", status.size, content.size()));
  content.erase(0, checked->second);
  checked->first.data = std::move(content);
  return std::move(checked->first);
}

}  // namespace

void NpzWriter::add(const std::string& name, const std::string& dtype,
                    const std::vector<int64_t>& shape, std::string_view data) {
  const auto origin = fmt::format("{}: array \"{}\"", path_.string(), name);
  if (name.empty() || name.find_first_of(std::string_view("/\\\0", 3)) != std::string::npos)
    fail(origin, "expected a name without slashes that is not empty");
  const auto size = size_of(shape, item_size(dtype, origin));
  if (shape.size() > max_dimensions || size != data.size())
    fail(origin, fmt::format("the shape {} does not fit {} values", shape_text(shape),
                             data.size() / item_size(dtype, origin)));
  const auto file_name = name + ".npy";
  for (const auto& [other, content] : files_)
    if (other == file_name) fail(origin, "it was added twice");
  files_.emplace_back(file_name, npy_header(dtype, shape)).second += data;
}

void NpzWriter::add_float32(const std::string& name, const std::vector<int64_t>& shape,
                            std::span<const float> values) {
  add(name, "<f4", shape, bytes_of(values));
}

void NpzWriter::add_int64(const std::string& name, const std::vector<int64_t>& shape,
                          std::span<const int64_t> values) {
  add(name, "<i8", shape, bytes_of(values));
}

void NpzWriter::add_texts(const std::string& name, const std::vector<std::string>& texts) {
  std::vector<std::vector<uint32_t>> all;
  size_t longest = 1;
  for (const auto& text : texts) {
    all.push_back(
        decoded(text, fmt::format("{}: array \"{}\", text {}", path_.string(), name, all.size())));
    longest = std::max(longest, all.back().size());
  }
  std::vector<uint32_t> padded;
  for (auto& points : all) {
    points.resize(longest, 0);
    padded.insert(padded.end(), points.begin(), points.end());
  }
  add(name, fmt::format("<U{}", longest), {static_cast<int64_t>(texts.size())},
      bytes_of(std::span<const uint32_t>(padded)));
}

void NpzWriter::close() {
  // libzip removes an archive without entries.
  if (files_.empty()) fail(path_.string(), "expected at least one array to write");
  auto archive = open_archive(path_, ZIP_CREATE | ZIP_TRUNCATE, "write");
  try {
    for (const auto& [name, content] : files_) add_entry(archive.get(), name, content);
    if (zip_close(archive.get()) != 0) throw std::runtime_error(zip_strerror(archive.get()));
    (void)archive.release();  // zip_close has freed it
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(fmt::format("cannot write {}: {}", path_.string(), error.what()));
  }
}

int64_t NpyArray::size() const { return static_cast<int64_t>(count_of(shape).value()); }

template <typename T>
std::vector<T> NpyArray::values() const {
  const bool bytes = std::is_same_v<T, uint8_t> && (dtype == "|u1" || dtype == "|b1");
  const bool same = (std::is_same_v<T, float> && dtype == "<f4") ||
                    (std::is_same_v<T, double> && dtype == "<f8") ||
                    (std::is_same_v<T, int64_t> && dtype == "<i8");
  if (!bytes && !same)
    throw std::runtime_error(fmt::format("expected an array of {}, got the type '{}'",
                                         std::is_same_v<T, float>     ? "float32 (<f4)"
                                         : std::is_same_v<T, double>  ? "float64 (<f8)"
                                         : std::is_same_v<T, int64_t> ? "int64 (<i8)"
                                                                      : "uint8 or bool (|u1, |b1)",
                                         dtype));
  std::vector<T> numbers(data.size() / sizeof(T));
  if (!data.empty()) std::memcpy(numbers.data(), data.data(), data.size());
  return numbers;
}

template std::vector<float> NpyArray::values() const;
template std::vector<double> NpyArray::values() const;
template std::vector<int64_t> NpyArray::values() const;
template std::vector<uint8_t> NpyArray::values() const;

std::vector<std::string> NpyArray::texts() const {
  const auto length = text_length(dtype);
  if (!length)
    throw std::runtime_error(fmt::format("expected an array of texts (<U), got '{}'", dtype));
  std::vector<std::string> texts;
  for (size_t start = 0; start < data.size(); start += *length * 4) {
    texts.emplace_back();
    for (size_t i = 0; i < *length; ++i) {
      uint32_t point = 0;
      std::memcpy(&point, data.data() + start + 4 * i, 4);
      if (point > 0x10FFFF || (point >= 0xD800 && point < 0xE000))
        throw std::runtime_error(fmt::format("text {} holds 0x{:X}, which is no Unicode character",
                                             texts.size() - 1, point));
      append_utf8(texts.back(), point);
    }
    texts.back().erase(texts.back().find_last_not_of('\0') + 1);  // the padding
  }
  return texts;
}

std::string npy_uint8(const std::vector<int64_t>& shape, std::span<const uint8_t> values) {
  if (shape.size() > max_dimensions || count_of(shape) != values.size())
    throw std::runtime_error(
        fmt::format("the shape {} does not fit {} values", shape_text(shape), values.size()));
  return npy_header("|u1", shape).append(bytes_of(values));
}

NpyArray read_npy(std::string_view bytes, const std::string& origin) {
  auto [array, start] = check_header(bytes, bytes.size(), origin);
  array.data = bytes.substr(start);
  return std::move(array);
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
    fail(origin,
         fmt::format("there is none; the file holds {}",
                     names.empty() ? "nothing" : fmt::format("{}", fmt::join(names, ", "))));
  }
  return read_entry(archive.get(), name + ".npy", origin);
}

}  // namespace heed
