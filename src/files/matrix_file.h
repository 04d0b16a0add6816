#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <filesystem>

namespace heed {

constexpr int64_t max_matrix_size = 16384;  ///< rows, and columns

/// Reads a matrix [rows, columns] as float64, from a `.npy` file (bool, uint8, int64, float32 or
/// float64, in C order) or from text: one row per line, numbers separated by blanks or one comma.
/// `#` starts a comment, and empty lines are skipped. Throws std::runtime_error with the file, the
/// line or row, and what was expected, if rows differ in length, a number is missing or not finite,
/// or there are none or more than max_matrix_size rows or columns. Sizes are checked before memory
/// of their size is allocated.
at::Tensor read_matrix(const std::filesystem::path& path);

/// Writes `matrix` [rows, columns] as `.npy` of uint8: beside the path first, then renamed. Throws
/// std::invalid_argument for another shape or for values that are not integers from 0 to 255, and
/// std::runtime_error if it cannot write.
void write_matrix(const std::filesystem::path& path, const at::Tensor& matrix);

}  // namespace heed
