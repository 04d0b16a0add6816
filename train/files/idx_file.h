#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace heed {

/// Numbers in the IDX format of MNIST (LeCun et al. 1998): two zero bytes, a byte for the type, a
/// byte for the number of dimensions, the sizes as 32 bits with the high byte first, the numbers in
/// row-major order. Only numbers of one byte are read.
struct IdxFile {
  std::vector<int64_t> sizes;
  std::vector<uint8_t> values;
};

/// Throws std::runtime_error that names the file: it cannot be read, is packed by gzip, is no IDX
/// file of bytes, has another number of dimensions, is empty, or shorter or longer than its sizes
/// promise.
IdxFile read_idx(const std::filesystem::path& path, int64_t dimensions);

/// Images and the class of each.
struct LabelledImages {
  int64_t count = 0;            ///< N
  int64_t rows = 0;             ///< R
  int64_t columns = 0;          ///< Q
  std::vector<uint8_t> pixels;  ///< [N, R, Q]
  std::vector<uint8_t> labels;  ///< [N], each below 10
};

/// From two IDX files of three dimensions and of one. Throws what read_idx() throws, and
/// std::runtime_error for another number of labels than of images, or a label above 9.
LabelledImages read_labelled_images(const std::filesystem::path& images,
                                    const std::filesystem::path& labels);

}  // namespace heed
