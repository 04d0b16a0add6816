#pragma once

#include <limits>
#include <string>
#include <vector>

namespace heed {

/// The least and the greatest of some numbers.
struct Span {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void add(double value);
  bool empty() const { return low > high; }
};

struct Tick {
  double value = 0;
  std::string label;  ///< empty: a small mark
};

/// One axis of a plot.
struct Axis {
  double low = 0;
  double high = 1;
  bool log = false;
  std::vector<Tick> ticks;

  /// Where a value stands: 0 at the low end, 1 at the high end.
  double share(double value) const;
  /// The value that stands there.
  double value(double share) const;
  std::vector<std::string> labels() const;
};

struct AxisOptions {
  bool log = false;       ///< for numbers above 0; a factor of 5 or less stays linear
  double padding = 0;     ///< left free at either end, as a share of the span
  double pixels = 400;    ///< the axis's length
  bool vertical = false;  ///< labels are then above one another
};

/// An axis for the numbers, as many ticks as there is room for. Of an empty span: from 0 to 1.
Axis make_axis(Span span, const AxisOptions& options);

/// gnuplot's commands for the axis "x" or "y".
std::string axis_commands(char name, const Axis& axis);

}  // namespace heed
