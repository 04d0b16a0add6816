#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <filesystem>

namespace heed {

constexpr int64_t max_matrix_size = 16384;  ///< rows, and columns

/// A matrix [rows, columns] as float64, from a `.npy` file (bool, uint8, int64, float32 or float64,
/// in C order) or a text: a line a row, numbers apart by blanks or one comma, `#` starts a comment,
/// empty lines do not count. Throws std::runtime_error with the file, the line or row, and what was
/// expected, for anything else: rows of different lengths, what is no finite number, nothing at
/// all, more than max_matrix_size rows or columns. Sizes are checked before anything of their size
/// is allocated.
at::Tensor read_matrix(const std::filesystem::path& path);

/// Writes `matrix` [rows, columns] as `.npy` of uint8, beside the path and renamed into place.
/// Throws std::invalid_argument for another shape or for values that are not integers from 0 to
/// 255, std::runtime_error where it cannot write.
void write_matrix(const std::filesystem::path& path, const at::Tensor& matrix);

}  // namespace heed
