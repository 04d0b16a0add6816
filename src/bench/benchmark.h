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
  /// All figures, by name. Alternatives take turns, so that a noisy machine disturbs all of them
  /// alike.
  virtual nlohmann::ordered_json measure() const = 0;
  /// The figures of measure() as a table.
  virtual ConsoleTable table(const nlohmann::ordered_json& figures) const = 0;

  /// From now on, few repeats of little work: checks that it runs, not how fast.
  void set_quick() { quick_ = true; }

 protected:
  bool quick() const { return quick_; }

 private:
  bool quick_ = false;
};

using BenchmarkRegistry = Registry<Benchmark>;

/// The cost of a piece of work.
struct Cost {
  double seconds = 0;
  std::optional<double> mebibytes = {};  ///< peak memory above what was held before; only on Linux
};

/// Runs `work` once and measures it.
Cost measure_cost(const std::function<void()>& work);

/// While it exists, LibTorch computes with `count` threads.
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

/// {1, N}, where N is the number of threads that LibTorch uses; {1} if that is one.
std::vector<int> one_and_all_threads();

/// {"min", "median", "max"} of one or more numbers.
nlohmann::ordered_json spread(std::vector<double> numbers);

/// The same of seconds, in milliseconds.
nlohmann::ordered_json milliseconds(std::vector<double> seconds);

/// The median in what spread() returned.
double median(const nlohmann::ordered_json& spread);

}  // namespace heed
