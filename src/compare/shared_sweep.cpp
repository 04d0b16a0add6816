#include "src/compare/shared_sweep.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "src/experiment/subprocess.h"
#include "train/files/file.h"
#include "train/files/file_lock.h"

namespace heed {
namespace {

namespace fs = std::filesystem;

constexpr int64_t most_attempts =
    3;  // at a run that a signal ends; the run itself may be the cause
constexpr auto pause_between_looks = std::chrono::milliseconds(100);

bool ended_by_signal(int status) { return status > 128 && status != 130; }

}  // namespace

SharedSweep::SharedSweep(const std::vector<SweepRun>& runs, SweepOptions options)
    : runs_(runs), options_(std::move(options)) {
  options_.jobs = 1;
}

fs::path SharedSweep::file(const SweepRun& run, const char* ending) const {
  return options_.out / "claims" / (run.planned.name + ending);
}

void SharedSweep::prepare() const {
  prepare_sweep(runs_, options_);
  fs::remove_all(options_.out / "claims");
  make_folder(options_.out / "claims");
}

std::optional<int> SharedSweep::read_status(const SweepRun& run) const {
  const auto path = file(run, ".status");
  if (!fs::exists(path)) return std::nullopt;
  return std::stoi(read_file(path));
}

void SharedSweep::take_part(const std::string& who, const std::atomic<bool>& stop) const {
  while (!stop) {
    bool all_over = true, took_one = false;
    for (const auto& run : runs_) {
      if (stop) return;
      if (read_status(run)) continue;
      all_over = false;
      const FileLock lock(file(run, ".lock"));
      if (!lock.held() || read_status(run)) continue;
      take(run, who, stop);
      took_one = true;
    }
    if (all_over) return;
    if (!took_one) std::this_thread::sleep_for(pause_between_looks);
  }
}

// The file of attempts exists from the first attempt on: the next one resumes its run.
void SharedSweep::take(const SweepRun& run, const std::string& who,
                       const std::atomic<bool>& stop) const {
  const auto attempts_file = file(run, ".attempts");
  const int64_t attempt =
      1 + (fs::exists(attempts_file) ? std::stoll(read_file(attempts_file)) : int64_t{0});
  write_file(attempts_file, std::to_string(attempt));
  auto options = options_;
  if (attempt > 1) options.if_exists = IfExists::resume;
  spdlog::info("{} takes {}{}", who, run.planned.name, attempt > 1 ? " again" : "");
  ProgramWatch nobody;
  const int status = run_programs({make_start(run, options)}, 1, stop, nobody).front();
  if (stop) return;
  if (ended_by_signal(status) && attempt < most_attempts) {
    spdlog::warn("{}: {} was ended by signal {}; it will be taken again", who, run.planned.name,
                 status - 128);
    return;
  }
  write_file(file(run, ".status"), std::to_string(status));
  const auto over = std::count_if(runs_.begin(), runs_.end(), [&](const SweepRun& one) {
    return read_status(one).has_value();
  });
  spdlog::info("{}: {} {}, {} of {} are finished", who, run.planned.name,
               status == 0 ? "is done" : "failed", over, runs_.size());
}

std::vector<RunResult> SharedSweep::results() const {
  std::vector<RunResult> results;
  for (const auto& run : runs_)
    results.push_back(collect_result(run, read_status(run).value_or(-1), options_));
  return results;
}

}  // namespace heed
