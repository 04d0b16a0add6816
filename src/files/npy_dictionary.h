#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// An inner part of npy.h: the Python dictionary in the header of a .npy file.

namespace heed {

constexpr size_t max_npy_dimensions = 32;

struct NpyDictionary {
  std::string dtype = {};
  bool fortran_order = false;
  std::vector<int64_t> shape = {};
};

/// Understands no more of Python than these three keys take. Throws std::runtime_error with
/// `origin` and what was expected.
NpyDictionary parse_npy_dictionary(std::string_view text, const std::string& origin);

/// As NumPy writes it, for C order.
std::string npy_dictionary(const std::string& dtype, const std::vector<int64_t>& shape);

/// A shape as Python prints it: "(2, 3)", "(2,)", "()".
std::string npy_shape_text(const std::vector<int64_t>& shape);

}  // namespace heed
