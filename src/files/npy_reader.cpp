// Reads the NumPy format. The header is a Python dictionary; no more of Python is understood than
// its three keys need.

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <stdexcept>
#include <system_error>

#include "src/files/npy.h"

namespace heed {
namespace {

constexpr uint64_t max_header = 1 << 16;

struct NpyHeader {
  std::string dtype = {};
  bool fortran_order = false;
  std::vector<int64_t> shape = {};
};

// What has been read so far.
struct HeaderKeys {
  std::optional<std::string> dtype;
  std::optional<bool> fortran_order;
  std::optional<std::vector<int64_t>> shape;
};

class HeaderParser {
 public:
  HeaderParser(std::string_view text, const std::string& origin) : rest_(text), origin_(origin) {}

  NpyHeader parse() {
    HeaderKeys keys;
    expect('{');
    while (!take('}')) {
      const auto key = quoted();
      expect(':');
      if (key == "descr" && !keys.dtype)
        keys.dtype = quoted();
      else if (key == "fortran_order" && !keys.fortran_order)
        keys.fortran_order = boolean();
      else if (key == "shape" && !keys.shape)
        keys.shape = tuple();
      else
        refuse(fmt::format("the key '{}' is unknown or appears twice", key));
      if (!take(',')) {
        expect('}');
        break;
      }
    }
    if (rest_.find_first_not_of(" \n") != std::string_view::npos)
      refuse("expected nothing after the dictionary");
    if (!keys.dtype || !keys.fortran_order || !keys.shape)
      refuse("expected the keys 'descr', 'fortran_order' and 'shape'");
    return {.dtype = *keys.dtype, .fortran_order = *keys.fortran_order, .shape = *keys.shape};
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const {
    throw std::runtime_error(fmt::format("{}: npy header: {}", origin_, why));
  }

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
      if (parsed.ec != std::errc() || size < 0 || sizes.size() == max_npy_dimensions)
        refuse(fmt::format("expected a shape of {} sizes at most, got \"{}\"", max_npy_dimensions,
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

// Where the header's text lies in a file of `total` bytes that begins with `bytes`.
std::pair<size_t, size_t> header_place(std::string_view bytes, uint64_t total,
                                       const std::string& origin) {
  if (bytes.substr(0, npy_magic.size()) != npy_magic)
    refuse_array(origin, "expected a .npy file, which starts with \\x93NUMPY");
  const auto byte = [&](size_t i) {
    if (i >= bytes.size()) refuse_array(origin, "the file ends within its header");
    return static_cast<unsigned char>(bytes[i]);
  };
  const unsigned major = byte(6), minor = byte(7);
  if (major < 1 || major > 3 || minor != 0)
    refuse_array(origin, fmt::format("expected npy version 1.0 to 3.0, got {}.{}", major, minor));
  const size_t length_bytes = major == 1 ? 2 : 4, start = 8 + length_bytes;
  uint64_t length = 0;
  for (size_t i = 0; i < length_bytes; ++i) length |= uint64_t{byte(8 + i)} << (8 * i);
  if (length > std::min<uint64_t>(max_header, bytes.size() - start))
    refuse_array(origin, fmt::format("a header of {} bytes in a file of {}", length, total));
  return {start, start + length};
}

}  // namespace

NpyArray read_npy(std::string_view bytes, const std::string& origin) {
  auto [array, start] = read_npy_header(bytes, bytes.size(), origin);
  array.data = bytes.substr(start);
  return std::move(array);
}

std::pair<NpyArray, size_t> read_npy_header(std::string_view bytes, uint64_t total,
                                            const std::string& origin) {
  const auto [start, end] = header_place(bytes, total, origin);
  const auto header = HeaderParser(bytes.substr(start, end - start), origin).parse();
  if (header.fortran_order)
    refuse_array(origin, "expected C order, got Fortran order; save np.ascontiguousarray(array)");
  const auto size = count_npy_bytes(header.shape, npy_item_size(header.dtype, origin));
  if (!size || *size != total - end)
    refuse_array(origin, fmt::format("the shape {} of type '{}' does not fit {} bytes of data",
                                     npy_shape_text(header.shape), header.dtype, total - end));
  return {NpyArray{.dtype = header.dtype, .shape = header.shape, .data = {}}, end};
}

}  // namespace heed
