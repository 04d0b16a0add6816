#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "train/data/random.h"

namespace heed {

/// Ten shapes that people tell apart: the names, in the order of their numbers.
const std::vector<std::string>& shape_names();

/// Writes an image [size, size] of zeros with the shape in ones. Its extent is drawn from half the
/// image, at least 5 pixels, to a pixel less than all of it, and then its place.
void draw_shape(int64_t shape, int64_t size, Random& random, std::span<float> image);

}  // namespace heed
