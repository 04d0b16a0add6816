#pragma once

#include <ATen/Parallel.h>

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "models/registry.h"
#include "src/console/console_table.h"

namespace heed {

/// What `heed bench NAME` measures: one file each under src/bench/.
class Benchmark {
 public:
  virtual ~Benchmark() = default;
  /// All figures, by name. Ways that are compared take turns, so that a noisy machine is noisy to
  /// all of them.
  virtual nlohmann::ordered_json measure() const = 0;
  /// The figures of measure() for people.
  virtual ConsoleTable table(const nlohmann::ordered_json& figures) const = 0;

  /// From now on few repeats of little work: to see that it works, not how fast it is.
  void set_quick() { quick_ = true; }

 protected:
  bool quick() const { return quick_; }

 private:
  bool quick_ = false;
};

using BenchmarkRegistry = Registry<Benchmark>;

/// What a piece of work took.
struct Cost {
  double seconds = 0;
  std::optional<double> mebibytes = {};  ///< most memory above what was held before; Linux alone
};

/// Runs `work` once.
Cost measure_cost(const std::function<void()>& work);

/// While it lives, LibTorch computes on so many threads.
class ThreadCount {
 public:
  explicit ThreadCount(int count) { at::set_num_threads(count); }
  ~ThreadCount() { at::set_num_threads(before_); }
  ThreadCount(const ThreadCount&) = delete;
  ThreadCount& operator=(const ThreadCount&) = delete;

 private:
  int before_ = at::get_num_threads();
};

class OneThread : public ThreadCount {
 public:
  OneThread() : ThreadCount(1) {}
};

/// One thread, and all that LibTorch takes now, where that is more.
std::vector<int> one_and_all_threads();

/// {"min", "median", "max"} of at least one number.
nlohmann::ordered_json spread(std::vector<double> numbers);

/// The same of some seconds, in milliseconds.
nlohmann::ordered_json milliseconds(std::vector<double> seconds);

}  // namespace heed
