#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <string>

namespace heed {

/// What a progress bar shows. Numbers that are NaN are left out.
struct ProgressState {
  std::string label;
  int64_t step = 0;   ///< steps done
  int64_t total = 0;  ///< 0: unknown, and no bar is drawn
  double loss = std::numeric_limits<double>::quiet_NaN();
  double tokens_per_second = std::numeric_limits<double>::quiet_NaN();
  double seconds_left = std::numeric_limits<double>::quiet_NaN();
};

/// One line without newline, at most `width` columns: "tiny  [====>    ]   40/100  loss 2.3456
/// 1:05 left  812k tokens/s". If it is too narrow, the label is dropped first, then the bar, then
/// the parts from the right.
std::string render(const ProgressState& state, int width);

/// "0:07", "1:05", "2:03:04"
std::string format_duration(double seconds);

/// Three digits: "950 tokens/s", "12.3k tokens/s", "812k tokens/s", "1.23M tokens/s"
std::string format_rate(double tokens_per_second);

/// A line in a terminal that is redrawn in place, at most ten times per second. It prints nothing
/// on a stream that is not a terminal (or a dumb one, TERM=dumb): the log prints plain lines there.
/// Call clear() before printing a line to the same terminal.
class ProgressBar {
 public:
  ProgressBar(std::string label, int64_t total, std::FILE* stream = stderr);
  ~ProgressBar() { clear(); }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  bool interactive() const { return interactive_; }

  /// `step` steps are done. The time left is estimated from the steps since the first update, so a
  /// resumed training may start in the middle. The last step is always drawn.
  void update(int64_t step, double loss, double tokens_per_second);

  /// Draws a state at once.
  void show(const ProgressState& state);

  /// Removes the line; the next update draws it again.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;

  double seconds_left(Clock::time_point now) const;
  int terminal_width() const;
  void draw();

  std::FILE* stream_;
  bool interactive_;
  bool drawn_ = false;
  ProgressState state_;
  int64_t first_step_ = -1;  ///< step of the first update; -1 before it
  Clock::time_point start_;
  Clock::time_point last_draw_;
};

}  // namespace heed
