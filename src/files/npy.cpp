#include "src/files/npy.h"

#include <c10/util/Half.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "train/data/utf8.h"

static_assert(std::endian::native == std::endian::little, "npy data are copied as they are");

namespace heed {
namespace {

constexpr size_t alignment = 64;               // of the data, as NumPy writes them
constexpr uint64_t max_text_length = 1 << 20;  // code points of one text

// The number of elements; empty if there is no such array.
std::optional<uint64_t> count_elements(const std::vector<int64_t>& shape) {
  uint64_t count = 1;
  for (const int64_t size : shape)
    if (size < 0 || __builtin_mul_overflow(count, static_cast<uint64_t>(size), &count))
      return std::nullopt;
  return count;
}

// --- Writing -------------------------------------------------------------------------------------

std::string format_header(const std::string& dtype, const std::vector<int64_t>& shape) {
  auto dictionary = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}", dtype,
                                npy_shape_text(shape));
  const size_t before = npy_magic.size() + 4;  // version and length
  const size_t total = (before + dictionary.size() + 1 + alignment - 1) / alignment * alignment;
  dictionary.resize(total - before - 1, ' ');
  dictionary += '\n';
  const auto length = static_cast<uint16_t>(dictionary.size());
  std::string header(npy_magic);
  header += {'\x01', '\x00', static_cast<char>(length & 0xFF), static_cast<char>(length >> 8)};
  return header + dictionary;
}

// One text as code points.
std::vector<uint32_t> decoded(const std::string& text, const std::string& origin) {
  std::vector<uint32_t> points;
  try {
    for (const auto& character : utf8_characters(text, origin))
      points.push_back(code_point(character));
  } catch (const std::runtime_error&) {
    refuse_array(
        origin, fmt::format("expected UTF-8, got the {} bytes {:02X}", text.size(),
                            fmt::join(std::span(reinterpret_cast<const unsigned char*>(text.data()),
                                                std::min<size_t>(text.size(), 16)),
                                      " ")));
  }
  return points;
}

// --- Reading -------------------------------------------------------------------------------------

// The n of "<U{n}".
std::optional<uint64_t> text_length(std::string_view dtype) {
  uint64_t length = 0;
  if (dtype.substr(0, 2) != "<U") return std::nullopt;
  const auto parsed = std::from_chars(dtype.data() + 2, dtype.data() + dtype.size(), length);
  const bool whole = parsed.ec == std::errc() && parsed.ptr == dtype.data() + dtype.size();
  if (!whole || length < 1 || length > max_text_length) return std::nullopt;
  return length;
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

std::vector<float> widened(const std::string& halves) {
  std::vector<float> numbers;
  numbers.reserve(halves.size() / 2);
  for (size_t start = 0; start < halves.size(); start += 2) {
    uint16_t bits = 0;
    std::memcpy(&bits, halves.data() + start, 2);
    numbers.push_back(c10::Half(bits, c10::Half::from_bits()));
  }
  return numbers;
}

}  // namespace

void refuse_array(const std::string& origin, const std::string& why) {
  throw std::runtime_error(fmt::format("{}: {}", origin, why));
}

std::string npy_shape_text(const std::vector<int64_t>& shape) {
  return fmt::format("({}{})", fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
}

std::optional<uint64_t> count_npy_bytes(const std::vector<int64_t>& shape, uint64_t item) {
  const auto count = count_elements(shape);
  uint64_t size = 0;
  if (!count || __builtin_mul_overflow(*count, item, &size)) return std::nullopt;
  return size;
}

uint64_t npy_item_size(const std::string& dtype, const std::string& origin) {
  if (dtype == "|b1" || dtype == "|u1") return 1;
  if (dtype == "<f2") return 2;
  if (dtype == "<f4") return 4;
  if (dtype == "<f8" || dtype == "<i8") return 8;
  if (const auto length = text_length(dtype)) return *length * 4;
  refuse_array(origin,
               fmt::format("expected one of the types <f2, <f4, <f8, <i8, |b1, |u1 and <U1 to "
                           "<U{}, got '{}'; convert the array in NumPy with astype",
                           max_text_length, dtype));
}

int64_t NpyArray::size() const { return static_cast<int64_t>(count_elements(shape).value()); }

template <typename T>
std::vector<T> NpyArray::values() const {
  if constexpr (std::is_same_v<T, float>)
    if (dtype == "<f2") return widened(data);
  const bool bytes = std::is_same_v<T, uint8_t> && (dtype == "|u1" || dtype == "|b1");
  const bool same = (std::is_same_v<T, float> && dtype == "<f4") ||
                    (std::is_same_v<T, double> && dtype == "<f8") ||
                    (std::is_same_v<T, int64_t> && dtype == "<i8");
  if (!bytes && !same)
    throw std::runtime_error(fmt::format("expected an array of {}, got the type '{}'",
                                         std::is_same_v<T, float> ? "float32 or float16 (<f4, <f2)"
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
        throw std::runtime_error(fmt::format(
            "text {} holds 0x{:X}, which is not a Unicode character", texts.size() - 1, point));
      append_utf8(texts.back(), point);
    }
    texts.back().erase(texts.back().find_last_not_of('\0') + 1);  // the padding
  }
  return texts;
}

NpyArray text_array(const std::vector<std::string>& texts, const std::string& origin) {
  std::vector<std::vector<uint32_t>> all;
  size_t longest = 1;
  for (const auto& text : texts) {
    all.push_back(decoded(text, fmt::format("{}, text {}", origin, all.size())));
    longest = std::max(longest, all.back().size());
  }
  NpyArray array{.dtype = fmt::format("<U{}", longest),
                 .shape = {static_cast<int64_t>(texts.size())},
                 .data = {}};
  for (auto& points : all) {
    points.resize(longest, 0);
    array.data.append(reinterpret_cast<const char*>(points.data()), 4 * longest);
  }
  return array;
}

std::string npy_header(const std::string& dtype, const std::vector<int64_t>& shape, uint64_t bytes,
                       const std::string& origin) {
  const auto item = npy_item_size(dtype, origin);
  if (shape.size() > max_npy_dimensions || count_npy_bytes(shape, item) != bytes)
    refuse_array(origin, fmt::format("the shape {} does not fit {} values", npy_shape_text(shape),
                                     bytes / item));
  return format_header(dtype, shape);
}

std::string npy_content(const std::string& dtype, const std::vector<int64_t>& shape,
                        std::string_view data, const std::string& origin) {
  return npy_header(dtype, shape, data.size(), origin).append(data);
}

std::string npy_uint8(const std::vector<int64_t>& shape, std::span<const uint8_t> values) {
  if (shape.size() > max_npy_dimensions || count_elements(shape) != values.size())
    throw std::runtime_error(
        fmt::format("the shape {} does not fit {} values", npy_shape_text(shape), values.size()));
  return format_header("|u1", shape)
      .append(reinterpret_cast<const char*>(values.data()), values.size());
}

}  // namespace heed
