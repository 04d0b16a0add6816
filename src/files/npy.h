#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heed {

// NumPy's format of one array: a header, which is a Python dictionary of its type and shape, and
// the data. All errors are std::runtime_error with what was expected.

/// One array as it lies in a file.
struct NpyArray {
  std::string dtype;           ///< "<f2", "<f4", "<f8", "<i8", "|b1", "|u1" or "<U{n}"
  std::vector<int64_t> shape;  ///< empty for a single number
  std::string data;            ///< row-major, little-endian

  int64_t size() const;

  /// The numbers, for T float ("<f4", and "<f2" widened), double ("<f8"), int64_t ("<i8") or
  /// uint8_t ("|u1", "|b1").
  template <typename T>
  std::vector<T> values() const;

  /// The texts of "<U{n}" in UTF-8.
  std::vector<std::string> texts() const;
};

/// Throws std::runtime_error with "origin: why".
[[noreturn]] void refuse_array(const std::string& origin, const std::string& why);

constexpr std::string_view npy_magic = "\x93NUMPY";
constexpr size_t max_npy_dimensions = 32;

/// A shape as Python prints it: "(2, 3)", "(2,)", "()".
std::string npy_shape_text(const std::vector<int64_t>& shape);

/// The bytes of one element. Throws for any type but those of NpyArray::dtype.
uint64_t npy_item_size(const std::string& dtype, const std::string& origin);

/// The bytes of an array whose elements take `item` bytes each; empty if there is no such array.
std::optional<uint64_t> count_npy_bytes(const std::vector<int64_t>& shape, uint64_t item);

/// Texts in UTF-8 as a one-dimensional array of `<U{n}`, n the length of the longest in code
/// points. NumPy pads such texts with NUL characters and drops them in reading, so NULs at the
/// end of a text are lost. `origin` names the array in errors.
NpyArray text_array(const std::vector<std::string>& texts, const std::string& origin);

/// The header of a .npy file before the data of an array of `bytes` bytes. Throws if `dtype` and
/// `shape` need another number of bytes. `origin` names the array in errors.
std::string npy_header(const std::string& dtype, const std::vector<int64_t>& shape, uint64_t bytes,
                       const std::string& origin);

/// The content of a .npy file. `data` is in row-major order and as long as `dtype` and `shape`
/// require. `origin` names the array in errors.
std::string npy_content(const std::string& dtype, const std::vector<int64_t>& shape,
                        std::string_view data, const std::string& origin = "npy data");

/// The content of a .npy file of uint8. `values` are row-major; `shape` gives their number.
std::string npy_uint8(const std::vector<int64_t>& shape, std::span<const uint8_t> values);

/// Reads a .npy file of version 1, 2 or 3. Header, type, shape and length are checked before memory
/// of their size is allocated, and nothing is evaluated. Fortran order, other types and big-endian
/// numbers are refused. `origin` names the bytes in errors.
NpyArray read_npy(std::string_view bytes, const std::string& origin = "npy data");

/// Reads the header of a file of `total` bytes from its beginning, `bytes`. Returns the array
/// without its data, and the offset of the data.
std::pair<NpyArray, size_t> read_npy_header(std::string_view bytes, uint64_t total,
                                            const std::string& origin);

}  // namespace heed
