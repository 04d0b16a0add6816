#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "src/compare/sweep.h"
#include "src/console/progress_bar.h"
#include "src/experiment/subprocess.h"

namespace heed {

/// Estimates how long the rest of some runs takes, `jobs` at a time, from finished runs of the same
/// kind (model) and from the progress of running ones. NaN before anything is known.
class TimeLeft {
 public:
  TimeLeft(std::vector<std::string> kinds, int64_t jobs);

  void start(size_t run) { share_[run] = 0; }
  /// The run has taken `seconds` for `share` of it; 1 is all.
  void note(size_t run, double share, double seconds);

  double seconds_left() const;
  double share_done() const;

 private:
  double expected(size_t run) const;

  std::vector<std::string> kinds_;
  int64_t jobs_;
  std::map<size_t, double> share_, seconds_;
};

/// The progress of a whole grid: in a terminal a bar with the time left, elsewhere a line now and
/// then; and a line for each run that ends.
class SweepProgress : public ProgramWatch {
 public:
  SweepProgress(const std::vector<SweepRun>& runs, int64_t jobs);

  void on_start(size_t run) override;
  void on_end(size_t run, int status) override;
  void on_poll() override;

 private:
  using Clock = std::chrono::steady_clock;

  double elapsed(size_t run) const;
  void look();

  const std::vector<SweepRun>& runs_;
  TimeLeft left_;
  ProgressBar bar_;
  std::map<size_t, Clock::time_point> running_;
  Clock::time_point last_look_ = {};
  int64_t tenths_said_ = 0;
  size_t done_ = 0;
};

}  // namespace heed
