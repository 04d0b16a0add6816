#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "tests/src/commands/program.h"
#include "tests/src/faults/checked_run.h"
#include "train/checkpoint.h"
#include "train/data/random.h"
#include "train/run_directory.h"

namespace heed {

/// Kills a tiny training again and again and resumes it until it is done, then starts the next one.
class Kills {
 public:
  Kills() {
    folder_.write("tiny.toml",
                  "[task]\nkind = \"grammar\"\nevaluation_rows = 8\n[model]\n"
                  "kind = \"transformer\"\nlayers = 1\nheads = 2\nd_model = 16\ndropout = 0.1\n"
                  "[train]\nsteps = 60\nbatch = 4\ncontext = 16\nlr = 1e-2\neval_every = 6\n"
                  "checkpoint_every = 2\nthreads = 1\n[analysis]\nevery = 10\nsentences = 4\n");
    const auto start = Clock::now();
    const auto result = heed(arguments(whole_));
    length_ = Clock::now() - start;
    EXPECT_EQ(result.status, 0) << result.err;
  }

  void kill(int count) {
    for (int number = 0; kills_ < count; ++number) {
      start_or_resume(number);
      if (::testing::Test::HasFailure()) return;
    }
    finish();
  }

  std::string report() const {
    return fmt::format(
        "{} kills of {} trainings: {} while last/ was saved ({} of them between or after its two "
        "renames), {} while best/ was, {} before the first checkpoint",
        kills_, runs_, in_last_, in_renames_, in_best_, before_first_);
  }

 private:
  using Clock = std::chrono::steady_clock;

  RunDirectory run() const { return RunDirectory(folder_ / fmt::format("run{}", runs_)); }

  std::vector<std::string> arguments(const RunDirectory& directory) const {
    return {"train", (folder_ / "tiny.toml").string(), "--run", directory.path().string(),
            "--resume"};
  }

  // Aims at any moment, or at a moment of a save, when a temporary folder exists.
  void start_or_resume(int number) {
    Program program(arguments(run()));
    Random random(1, 1, static_cast<uint64_t>(number));
    const std::vector<std::string> aims = {"", "last.new", "best.new", "last.old"};
    const auto& aim = aims[static_cast<size_t>(number) % aims.size()];
    while (!aim.empty() && program.running() && !std::filesystem::exists(run().path() / aim))
      std::this_thread::yield();
    wait(aim.empty() ? length_ * random.uniform() : in_a_save_ * square(random), program);
    program.send(SIGKILL);
    const int status = program.status();
    ASSERT_TRUE(status == 0 || status == -SIGKILL) << program.err();
    if (status == 0) return next_run();
    ++kills_;
    look();
  }

  static double square(Random& random) {
    const double number = random.uniform();
    return number * number;  // mostly at once
  }

  // Waits for the delay, or until the training ends.
  static void wait(std::chrono::duration<double> delay, Program& program) {
    for (const auto end = Clock::now() + delay; Clock::now() < end && program.running();)
      std::this_thread::yield();
  }

  void look() {
    const auto is = [this](const char* name) {
      return std::filesystem::exists(run().path() / name);
    };
    in_last_ += is("last.new") || is("last.old");
    in_renames_ += is("last.old");
    in_best_ += is("best.new") || is("best.old");
    before_first_ += !checkpoint_exists(run().last());
    SCOPED_TRACE(fmt::format("after kill {}", kills_));
    expect_readable(run());
  }

  void next_run() {
    SCOPED_TRACE(fmt::format("training {}", runs_));
    expect_same_end(whole_, run());
    ++runs_;
  }

  void finish() {
    const auto result = heed(arguments(run()));
    ASSERT_EQ(result.status, 0) << result.err;
    next_run();
  }

  TemporaryFolder folder_;
  RunDirectory whole_{folder_ / "whole"};
  std::chrono::duration<double> length_{}, in_a_save_ = std::chrono::milliseconds(20);
  int kills_ = 0, runs_ = 0;
  int in_last_ = 0, in_renames_ = 0, in_best_ = 0, before_first_ = 0;
};

/// Kills trainings `count` times and prints what the kills hit.
inline void expect_kills_change_nothing(int count) {
  Kills kills;
  kills.kill(count);
  fmt::print("{}\n", kills.report());
}

}  // namespace heed
