#pragma once

#include <array>
#include <cstddef>
#include <string>

namespace heed {

// What figures have in common: colours, dashes, and sizes in pixels.

constexpr int title_px = 16, label_px = 13, tick_px = 12, note_px = 11;

/// Okabe and Ito's colours, without yellow, which is hard to see on white.
inline std::string series_color(size_t index) {
  static constexpr std::array<const char*, 7> colors = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                                        "#e69f00", "#56b4e9", "#000000"};
  return colors[index % colors.size()];
}

/// Of all series of one round of colours, as gnuplot names it.
inline std::string series_dash(size_t index) {
  static constexpr std::array<const char*, 4> dashes = {"solid", "'-'", "'.'", "'-.'"};
  return dashes[index % dashes.size()];
}

constexpr size_t series_colors = 7;

/// The colour with `transparency` from 0 (none) to 255, as gnuplot writes it.
inline std::string transparent(const std::string& color, int transparency) {
  constexpr auto digits = "0123456789abcdef";
  return std::string("#") + digits[transparency / 16] + digits[transparency % 16] + color.substr(1);
}

}  // namespace heed
