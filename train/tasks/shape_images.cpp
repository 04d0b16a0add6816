#include "train/tasks/shape_images.h"

#include <algorithm>
#include <cstdlib>

namespace heed {
namespace {

// A pixel in the square around a shape, which is `extent` pixels wide and has lines of `stroke`. x
// and y are twice the distance from the centre, to be integers: -extent + 1 to extent - 1.
struct Pixel {
  int64_t x = 0, y = 0, extent = 0, stroke = 0;
};

struct Shape {
  std::string name;
  bool (*covers)(const Pixel&);
};

bool on_rising_line(const Pixel& p) { return std::abs(p.x + p.y) <= p.stroke; }
bool on_falling_line(const Pixel& p) { return std::abs(p.x - p.y) <= p.stroke; }

bool within_radius(const Pixel& p, int64_t diameter) {
  return p.x * p.x + p.y * p.y <= diameter * diameter;
}

const std::vector<Shape>& shapes() {
  static const std::vector<Shape> all = {
      {"horizontal bar", [](const Pixel& p) { return std::abs(p.y) <= p.stroke; }},
      {"vertical bar", [](const Pixel& p) { return std::abs(p.x) <= p.stroke; }},
      {"plus", [](const Pixel& p) { return std::min(std::abs(p.x), std::abs(p.y)) <= p.stroke; }},
      {"diagonal", on_rising_line},
      {"cross", [](const Pixel& p) { return on_rising_line(p) || on_falling_line(p); }},
      {"square",
       [](const Pixel& p) {
         return std::max(std::abs(p.x), std::abs(p.y)) > p.extent - 2 * p.stroke;
       }},
      {"filled square", [](const Pixel&) { return true; }},
      {"circle",
       [](const Pixel& p) {
         return within_radius(p, p.extent) && !within_radius(p, p.extent - 2 * p.stroke);
       }},
      {"disc", [](const Pixel& p) { return within_radius(p, p.extent); }},
      {"triangle", [](const Pixel& p) { return 2 * std::abs(p.x) <= p.extent + p.y + 1; }}};
  return all;
}

}  // namespace

const std::vector<std::string>& shape_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> result;
    for (const auto& shape : shapes()) result.push_back(shape.name);
    return result;
  }();
  return names;
}

void draw_shape(int64_t shape, int64_t size, Random& random, std::span<float> image) {
  const auto covers = shapes().at(static_cast<size_t>(shape)).covers;
  const int64_t smallest = std::max<int64_t>(5, size / 2);
  const int64_t extent = smallest + random.below(size - smallest);  // to size - 1
  const int64_t top = random.below(size - extent + 1), left = random.below(size - extent + 1);
  const int64_t stroke = std::max<int64_t>(1, size / 14);
  std::fill(image.begin(), image.end(), 0.0f);
  for (int64_t row = 0; row < extent; ++row)
    for (int64_t column = 0; column < extent; ++column)
      if (covers({.x = 2 * column + 1 - extent,
                  .y = 2 * row + 1 - extent,
                  .extent = extent,
                  .stroke = stroke}))
        image[static_cast<size_t>((top + row) * size + left + column)] = 1;
}

}  // namespace heed
