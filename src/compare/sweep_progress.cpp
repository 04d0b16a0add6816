#include "src/compare/sweep_progress.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "src/experiment/config.h"
#include "src/files/csv_file.h"
#include "train/run_directory.h"

namespace heed {
namespace {

constexpr auto between_looks = std::chrono::milliseconds(1000);
constexpr double share_of_training = 0.97;  // the rest is measuring

std::vector<std::string> list_kinds(const std::vector<SweepRun>& runs) {
  std::vector<std::string> kinds;
  for (const auto& run : runs) kinds.push_back(run.planned.label("model"));
  return kinds;
}

// The share of a run's training that is done, by the last complete row of its metrics.csv.
double share_trained(const RunDirectory& directory) {
  try {
    const auto config = read_config(directory.config());
    const auto file = read_csv(directory.metrics());
    if (file.rows.empty()) return 0;
    const auto last = [&file](const std::string& name) {
      return parse_number(file.cell(file.rows.back(), name));
    };
    double share = last("step") / static_cast<double>(config.train.steps);
    if (config.train.seconds > 0)
      share = std::max(share, last("train_seconds") / config.train.seconds);
    return std::isnan(share) ? 0 : std::min(1.0, share);
  } catch (const std::exception&) {
    return 0;  // it has just begun
  }
}

}  // namespace

TimeLeft::TimeLeft(std::vector<std::string> kinds, int64_t jobs)
    : kinds_(std::move(kinds)), jobs_(jobs) {}

void TimeLeft::note(size_t run, double share, double seconds) {
  share_[run] = share;
  seconds_[run] = seconds;
}

// The time of a whole run: the mean of its kind if there is one, else of all.
double TimeLeft::expected(size_t run) const {
  double same = 0, all = 0;
  int64_t same_count = 0, all_count = 0;
  for (const auto& [other, share] : share_) {
    if (share < 0.05) continue;
    const double whole = seconds_.at(other) / share;
    if (kinds_[other] == kinds_[run]) same += whole, ++same_count;
    all += whole, ++all_count;
  }
  if (same_count > 0) return same / static_cast<double>(same_count);
  return all_count > 0 ? all / static_cast<double>(all_count)
                       : std::numeric_limits<double>::quiet_NaN();
}

double TimeLeft::seconds_left() const {
  double left = 0, longest = 0;
  for (size_t run = 0; run < kinds_.size(); ++run) {
    const auto found = share_.find(run);
    const double rest = expected(run) * (found == share_.end() ? 1 : 1 - found->second);
    left += rest;
    longest = std::max(longest, rest);
  }
  return std::max(left / static_cast<double>(jobs_), longest);
}

double TimeLeft::share_done() const {
  double done = 0;
  for (const auto& [run, share] : share_) done += share;
  return done / static_cast<double>(kinds_.size());
}

SweepProgress::SweepProgress(const std::vector<SweepRun>& runs, int64_t jobs)
    : runs_(runs), left_(list_kinds(runs), jobs), bar_("compare", 100) {}

double SweepProgress::elapsed(size_t run) const {
  return std::chrono::duration<double>(Clock::now() - running_.at(run)).count();
}

void SweepProgress::on_start(size_t run) {
  running_[run] = Clock::now();
  left_.start(run);
}

void SweepProgress::on_end(size_t run, int status) {
  left_.note(run, 1, elapsed(run));
  ++done_;
  bar_.clear();
  const double left = left_.seconds_left();
  spdlog::info("{}/{} {}: {} after {}{}", done_, runs_.size(), runs_[run].planned.name,
               status == 0 ? "done" : "failed", format_duration(elapsed(run)),
               done_ < runs_.size() && std::isfinite(left)
                   ? fmt::format(", {} left for the rest", format_duration(left))
                   : "");
  running_.erase(run);
}

void SweepProgress::on_poll() {
  if (Clock::now() - last_look_ < between_looks) return;
  last_look_ = Clock::now();
  look();
}

void SweepProgress::look() {
  for (const auto& entry : running_)
    left_.note(entry.first,
               share_of_training * share_trained(RunDirectory(runs_[entry.first].directory)),
               elapsed(entry.first));
  const double left = left_.seconds_left(), share = left_.share_done();
  bar_.show({.label = fmt::format("{}/{} runs", done_, runs_.size()),
             .step = static_cast<int64_t>(100 * share),
             .total = 100,
             .seconds_left = left});
  if (bar_.interactive() || static_cast<int64_t>(10 * share) <= tenths_said_) return;
  tenths_said_ = static_cast<int64_t>(10 * share);
  spdlog::info("{} of {} runs done, {} % of all{}", done_, runs_.size(), 10 * tenths_said_,
               std::isfinite(left) ? fmt::format(", {} left", format_duration(left)) : "");
}

}  // namespace heed
