#pragma once

#include <string>

namespace heed {

/// The colours of a heat map.
class ColorScale {
 public:
  /// `limit` is the largest absolute value; only signed numbers use it.
  ColorScale(bool is_signed, float limit) : is_signed_(is_signed), limit_(limit > 0 ? limit : 1) {}

  /// The position of a number on the scale, from 0 to 1; NaN where nothing is drawn.
  float position(float number) const;
  /// gnuplot's commands for the palette and the ticks of the colour bar.
  std::string commands() const;

 private:
  bool is_signed_;
  float limit_;
};

}  // namespace heed
