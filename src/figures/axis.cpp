#include "src/figures/axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "src/figures/text.h"

namespace heed {
namespace {

constexpr double smallest_log_factor = 5;
constexpr double most_decades_marked_often = 2.5;  // at 1, 2 and 5
constexpr double decade_with_marks = 40;           // pixels

std::string superscript(int number) {
  static const std::array<const char*, 10> digits = {"⁰", "¹", "²", "³", "⁴",
                                                     "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string text = number < 0 ? "⁻" : "";
  for (const char digit : std::to_string(std::abs(number)))
    text += digits.at(static_cast<size_t>(digit - '0'));
  return text;
}

// With as many digits as a difference of `least` needs, without trailing zeros.
std::string decimal(double value, double least) {
  const int digits = std::max(0, -static_cast<int>(std::floor(std::log10(least) + 1e-9)));
  auto text = fmt::format("{:.{}f}", value, digits);
  if (digits > 0) text.resize(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

// "2×10⁶"
std::string scientific(double value, double least) {
  if (value == 0) return "0";
  const int power = static_cast<int>(std::floor(std::log10(std::abs(value)) + 1e-9));
  const double unit = std::pow(10, power);
  const auto factor = decimal(value / unit, std::min(1., least / unit));
  return (factor == "1" ? "" : factor + "×") + "10" + superscript(power);
}

// All in one style. `least` is the smallest difference that must be seen; 0: a tenth of each.
std::vector<Tick> labelled(const std::vector<double>& values, double least = 0) {
  Span span;
  for (const double value : values)
    if (value != 0) span.add(std::abs(value));
  const bool many_digits = least > 0 && least < 1e-3 * span.high;
  const bool plain = (span.high < 999999 || many_digits) && (span.low > .999e-4 || many_digits);
  std::vector<Tick> ticks;
  for (const double value : values) {
    const double seen = least > 0 ? least : value / 10;
    ticks.push_back({value, plain ? decimal(value, seen) : scientific(value, seen)});
  }
  return ticks;
}

bool fits(const Axis& axis, const AxisOptions& options) {
  const double needed =
      options.vertical ? 2.4 * tick_px : widest(axis.labels(), tick_px) + 1.6 * tick_px;
  for (size_t i = 1; i < axis.ticks.size(); ++i) {
    const double gap = axis.share(axis.ticks[i].value) - axis.share(axis.ticks[i - 1].value);
    if (gap * options.pixels < needed) return false;
  }
  return true;
}

std::vector<Tick> linear_ticks(const Axis& axis, double step) {
  std::vector<double> values;
  const double slack = 1e-9 * (axis.high - axis.low);
  for (double k = std::ceil((axis.low - slack) / step); k * step <= axis.high + slack; ++k)
    values.push_back(k == 0 ? 0 : k * step);
  return labelled(values, step);
}

void mark_linear(Axis& axis, const AxisOptions& options, bool whole) {
  const double span = axis.high - axis.low;
  double power = std::pow(10, std::floor(std::log10(span)) - 2);
  if (whole) power = std::max(power, 1.);
  for (; power <= 2 * span; power *= 10)
    for (const double factor : {1., 2., 5.}) {
      auto ticks = linear_ticks(axis, factor * power);
      if (ticks.empty()) return;
      axis.ticks = std::move(ticks);
      if (fits(axis, options)) return;
    }
}

std::vector<double> log_values(const Axis& axis, const std::vector<int>& factors, int stride) {
  std::vector<double> values;
  const int first = static_cast<int>(std::floor(std::log10(axis.low)));
  const int last = static_cast<int>(std::ceil(std::log10(axis.high)));
  for (int power = first; power <= last; ++power) {
    if (power % stride != 0) continue;
    for (const int factor : factors) {
      const double value = factor * std::pow(10, power);
      if (value >= axis.low * (1 - 1e-9) && value <= axis.high * (1 + 1e-9))
        values.push_back(value);
    }
  }
  return values;
}

void add_small_marks(Axis& axis, const std::vector<double>& values) {
  for (const double value : values) {
    const bool known = std::any_of(axis.ticks.begin(), axis.ticks.end(), [value](const Tick& tick) {
      return std::abs(tick.value / value - 1) < 1e-6;
    });
    if (!known) axis.ticks.push_back({value, ""});
  }
}

void mark_log(Axis& axis, const AxisOptions& options) {
  const double decades = std::log10(axis.high / axis.low);
  const auto mark = [&axis, &options](const std::vector<int>& factors, int stride) {
    const auto values = log_values(axis, factors, stride);
    axis.ticks = labelled(values);
    return fits(axis, options);
  };
  bool done = decades < most_decades_marked_often && mark({1, 2, 5}, 1);
  int stride = 1;
  while (!done && !mark({1}, stride)) ++stride;
  if (stride == 1 && options.pixels / decades >= decade_with_marks)
    add_small_marks(axis, log_values(axis, {1, 2, 3, 4, 5, 6, 7, 8, 9}, 1));
  if (stride > 1) add_small_marks(axis, log_values(axis, {1}, 1));
}

}  // namespace

void Span::add(double value) {
  whole = (whole || empty()) && value == std::floor(value);
  low = std::min(low, value);
  high = std::max(high, value);
}

double Axis::share(double value) const {
  return log ? std::log(value / low) / std::log(high / low) : (value - low) / (high - low);
}

double Axis::value(double share) const {
  return log ? low * std::pow(high / low, share) : low + (high - low) * share;
}

std::vector<std::string> Axis::labels() const {
  std::vector<std::string> labels;
  for (const auto& tick : ticks) labels.push_back(tick.label);
  return labels;
}

Axis make_axis(Span span, const AxisOptions& options) {
  const bool whole = span.whole;
  if (span.empty()) span = {0, 1};
  const double magnitude = std::max(std::abs(span.low), std::abs(span.high));
  if (span.high - span.low <= 1e-9 * magnitude) {  // the axis would have no width
    const double tenth = .1 * std::abs(span.low);
    const double half = tenth == 0 || (whole && tenth < .5) ? .5 : tenth;
    span = {span.low - half, span.high + half};
  }
  Axis axis;
  axis.log = options.log && span.low > 0 && span.high > smallest_log_factor * span.low;
  const double room =
      options.padding * (axis.log ? std::log(span.high / span.low) : span.high - span.low);
  axis.low = axis.log ? span.low * std::exp(-room) : span.low - room;
  axis.high = axis.log ? span.high * std::exp(room) : span.high + room;
  if (axis.log)
    mark_log(axis, options);
  else
    mark_linear(axis, options, whole);
  return axis;
}

Span share_range(const Span& shares) {
  for (const double low : {.99, .98, .95, .9, .8})
    if (!shares.empty() && shares.low >= low) return {low, 1};
  return {0, 1};
}

std::string share_label(const std::string& label, const Span& range) {
  if (range.low == 0) return label;
  return fmt::format("{}axis from {}", label.empty() ? "" : label + ", ", range.low);
}

std::string axis_commands(char name, const Axis& axis) {
  std::string ticks;
  for (const auto& tick : axis.ticks)
    ticks += fmt::format("{}{} {}{}", ticks.empty() ? "" : ", ",
                         tick.label.empty() ? "''" : quote_tick(tick.label), tick.value,
                         tick.label.empty() ? " 1" : "");
  return fmt::format(
      "{0} logscale {1}\nset {1}range [{2}:{3}]\n"
      "set {1}tics out nomirror scale .5,.3 font ',{4}' textcolor rgb 'black' ({5})\n",
      axis.log ? "set" : "unset", name, axis.low, axis.high, tick_px, ticks);
}

}  // namespace heed
