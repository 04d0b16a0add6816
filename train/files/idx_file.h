#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace heed {

/// Numbers in the IDX format of MNIST (LeCun et al. 1998): two zero bytes, a byte for the type, a
/// byte for the number of dimensions, the sizes as 32-bit numbers with the high byte first, then
/// the numbers in row-major order. heed reads numbers of one byte only.
struct IdxFile {
  std::vector<int64_t> sizes;
  std::vector<uint8_t> values;
};

/// Throws std::runtime_error that names the file if it cannot be read, is packed by gzip, is no IDX
/// file of bytes, has another number of dimensions, is empty, or does not have the length that its
/// sizes promise.
IdxFile read_idx(const std::filesystem::path& path, int64_t dimensions);

/// Images and their classes.
struct LabelledImages {
  int64_t count = 0;            ///< N
  int64_t rows = 0;             ///< R
  int64_t columns = 0;          ///< Q
  std::vector<uint8_t> pixels;  ///< [N, R, Q]
  std::vector<uint8_t> labels;  ///< [N], each below 10
};

/// Reads images from an IDX file of three dimensions and labels from one of one dimension. Throws
/// the errors of read_idx(), and std::runtime_error if there are more or fewer labels than images,
/// or a label is above 9.
LabelledImages read_labelled_images(const std::filesystem::path& images,
                                    const std::filesystem::path& labels);

}  // namespace heed
