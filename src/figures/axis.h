#pragma once

#include <limits>
#include <string>
#include <vector>

namespace heed {

/// The range of some numbers.
struct Span {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  bool whole = false;  ///< all numbers added so far are whole

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

  /// The position of a value: 0 at the low end, 1 at the high end.
  double share(double value) const;
  /// The value at that position.
  double value(double share) const;
  std::vector<std::string> labels() const;
};

struct AxisOptions {
  bool log = false;       ///< for numbers above 0; a range of a factor of 5 or less stays linear
  double padding = 0;     ///< left free at either end, as a share of the range
  double pixels = 400;    ///< the length of the axis
  bool vertical = false;  ///< labels are then one above the other
};

/// An axis for these numbers, with as many ticks as fit. Whole numbers get ticks at whole numbers
/// only. An empty range gives an axis from 0 to 1.
Axis make_axis(Span span, const AxisOptions& options);

/// The range in which shares from 0 to 1 are drawn: all of it or, where every share is near 1, its
/// upper end, which share_label() adds to the label of the axis.
Span share_range(const Span& shares);
std::string share_label(const std::string& label, const Span& range);

/// gnuplot's commands for the axis "x" or "y".
std::string axis_commands(char name, const Axis& axis);

}  // namespace heed
