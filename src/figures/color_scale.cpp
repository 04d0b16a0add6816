#include "src/figures/color_scale.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace heed {
namespace {

// ColorBrewer's YlGnBu (its start a little darker than white), each colour at its lightness L*.
constexpr const char* palette =
    "set palette defined (0 '#f7fbcb', .023 '#edf8b1', .101 '#c7e9b4', .240 '#7fcdbb', "
    ".344 '#41b6c4', .487 '#1d91c0', .685 '#225ea8', .842 '#253494', 1 '#081d58') maxcolors 256\n";

// Blue, white, red: as far apart for the colour-blind, and even in lightness on both sides.
constexpr const char* signed_palette =
    "set palette defined (0 '#053061', .125 '#2166ac', .25 '#4393c3', .375 '#92c5de', "
    ".5 '#ffffff', .625 '#f4a582', .75 '#d6604d', .875 '#b2182b', 1 '#67001f') maxcolors 256\n";

}  // namespace

float ColorScale::position(float number) const {
  if (is_signed_) return .5F + .5F * std::clamp(number / limit_, -1.F, 1.F);
  return number == 0 ? std::numeric_limits<float>::quiet_NaN() : std::clamp(number, 0.F, 1.F);
}

std::string ColorScale::commands() const {
  const std::string font = "textcolor rgb 'black' font ',11' scale .4\n";
  if (!is_signed_) return palette + ("set cbtics 0,.2 format '%.1f' " + font);
  return signed_palette +
         fmt::format("set cbtics ('{:.2g}' 0, '0' .5, '{:.2g}' 1) {}", -limit_, limit_, font);
}

}  // namespace heed
