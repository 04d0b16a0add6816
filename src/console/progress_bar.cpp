#include "src/console/progress_bar.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string_view>
#include <utility>
#include <vector>

#include "src/console/console_table.h"

namespace heed {
namespace {

constexpr int default_width = 80;
constexpr int min_bar = 10, max_bar = 40;  // with its brackets
constexpr int min_label = 8;
constexpr auto redraw_interval = std::chrono::milliseconds(100);

std::string joined(const std::vector<std::string>& parts) {
  std::string line;
  for (const auto& part : parts)
    if (!part.empty()) line += (line.empty() ? "" : "  ") + part;
  return line;
}

std::string draw_bar(const ProgressState& state, int width) {
  const double share =
      std::clamp(static_cast<double>(state.step) / static_cast<double>(state.total), 0.0, 1.0);
  const auto inner = static_cast<size_t>(width - 2);
  const auto done = static_cast<size_t>(share * static_cast<double>(inner));
  std::string bar(done, '=');
  if (done < inner) bar += '>';
  return "[" + bar + std::string(inner - bar.size(), ' ') + "]";
}

std::string format_count(const ProgressState& state) {
  if (state.total <= 0) return fmt::format("step {}", state.step);
  const auto total = fmt::format("{}", state.total);
  return fmt::format("{:>{}}/{}", state.step, total.size(), total);
}

// In the order of display; the last is dropped first if there is no room.
std::vector<std::string> list_parts(const ProgressState& state) {
  std::vector<std::string> parts = {format_count(state)};
  if (!std::isnan(state.loss))
    parts.push_back(std::abs(state.loss) < 1000 ? fmt::format("loss {:.4f}", state.loss)
                                                : fmt::format("loss {:.3g}", state.loss));
  if (std::isfinite(state.seconds_left))
    parts.push_back(format_duration(state.seconds_left) + " left");
  if (std::isfinite(state.tokens_per_second)) parts.push_back(format_rate(state.tokens_per_second));
  return parts;
}

bool is_terminal(std::FILE* stream) {
  const int descriptor = ::fileno(stream);
  const char* term = std::getenv("TERM");
  return descriptor >= 0 && ::isatty(descriptor) && term && std::string_view(term) != "dumb";
}

}  // namespace

std::string format_duration(double seconds) {
  const auto whole = static_cast<int64_t>(std::clamp(std::round(seconds), 0.0, 1e12));
  const auto hours = whole / 3600, minutes = whole / 60 % 60;
  return hours > 0 ? fmt::format("{}:{:02}:{:02}", hours, minutes, whole % 60)
                   : fmt::format("{}:{:02}", minutes, whole % 60);
}

std::string format_rate(double tokens_per_second) {
  const std::vector<std::string> units = {"", "k", "M", "G"};
  double value = tokens_per_second;
  size_t unit = 0;
  // 999.5 would be printed as 1000.
  for (; value >= 999.5 && unit + 1 < units.size(); ++unit) value /= 1000;
  const int decimals = unit == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return fmt::format("{:.{}f}{} tokens/s", value, decimals, units[unit]);
}

std::string render(const ProgressState& state, int width) {
  auto parts = list_parts(state);
  const int room = width - display_width(joined(parts)) - 2;
  if (state.total > 0 && room >= min_bar) {
    const int label_room = room - min_bar - 2;
    const auto label = label_room >= std::min(min_label, display_width(state.label))
                           ? shortened(state.label, label_room)
                           : "";
    const int taken = label.empty() ? 0 : display_width(label) + 2;
    return joined({label, draw_bar(state, std::min(max_bar, room - taken)), joined(parts)});
  }
  while (parts.size() > 1 && display_width(joined(parts)) > width) parts.pop_back();
  return shortened(joined(parts), width);
}

ProgressBar::ProgressBar(std::string label, int64_t total, std::FILE* stream)
    : stream_(stream), interactive_(is_terminal(stream)) {
  state_.label = std::move(label);
  state_.total = total;
}

void ProgressBar::update(int64_t step, double loss, double tokens_per_second) {
  if (!interactive_) return;
  const auto now = Clock::now();
  const bool first = first_step_ < 0;
  if (first) {
    first_step_ = step;
    start_ = now;
  }
  if (!first && now - last_draw_ < redraw_interval && step != state_.total) return;
  last_draw_ = now;
  state_.step = step;
  state_.loss = loss;
  state_.tokens_per_second = tokens_per_second;
  state_.seconds_left = seconds_left(now);
  draw();
}

void ProgressBar::show(const ProgressState& state) {
  if (!interactive_) return;
  state_ = state;
  draw();
}

void ProgressBar::draw() {
  // A line of the full width would move the cursor to the next one.
  // fmt::print would throw: a terminal that is gone must not end a training.
  std::fputs(fmt::format("\r{}\x1b[K", render(state_, terminal_width() - 1)).c_str(), stream_);
  std::fflush(stream_);
  drawn_ = true;
}

void ProgressBar::clear() {
  if (!drawn_) return;
  std::fputs("\r\x1b[K", stream_);
  std::fflush(stream_);
  drawn_ = false;
}

double ProgressBar::seconds_left(Clock::time_point now) const {
  const auto done = static_cast<double>(state_.step - first_step_);
  if (done <= 0 || state_.total <= 0) return std::numeric_limits<double>::quiet_NaN();
  const double elapsed = std::chrono::duration<double>(now - start_).count();
  return elapsed / done * static_cast<double>(state_.total - state_.step);
}

int ProgressBar::terminal_width() const {
  winsize size{};
  const bool known = ::ioctl(::fileno(stream_), TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : default_width;
}

}  // namespace heed
