#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "train/data/random.h"

namespace heed {

/// The names of ten shapes, in the order of their numbers.
const std::vector<std::string>& shape_names();

/// Writes an image [size, size] of zeros with the shape in ones. The shape's extent is drawn
/// between half the image (at least 5 pixels) and one pixel less than the image, then its place.
void draw_shape(int64_t shape, int64_t size, Random& random, std::span<float> image);

}  // namespace heed
