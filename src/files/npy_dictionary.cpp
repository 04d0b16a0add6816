#include "src/files/npy_dictionary.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <stdexcept>
#include <system_error>

namespace heed {
namespace {

// What was read so far.
struct Keys {
  std::optional<std::string> dtype;
  std::optional<bool> fortran_order;
  std::optional<std::vector<int64_t>> shape;
};

class Parser {
 public:
  Parser(std::string_view text, const std::string& origin) : rest_(text), origin_(origin) {}

  NpyDictionary parse() {
    Keys keys;
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
        refuse(fmt::format("the key '{}' is unknown or stands twice", key));
      if (!take(',')) {
        expect('}');
        break;
      }
    }
    if (rest_.find_first_not_of(" \n") != std::string_view::npos)
      refuse("something stands behind the dictionary");
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

}  // namespace

NpyDictionary parse_npy_dictionary(std::string_view text, const std::string& origin) {
  return Parser(text, origin).parse();
}

std::string npy_dictionary(const std::string& dtype, const std::vector<int64_t>& shape) {
  return fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}", dtype,
                     npy_shape_text(shape));
}

std::string npy_shape_text(const std::vector<int64_t>& shape) {
  return fmt::format("({}{})", fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
}

}  // namespace heed
