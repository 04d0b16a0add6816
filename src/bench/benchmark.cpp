#include "src/bench/benchmark.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <sstream>

namespace heed {
namespace {

// Reads a line such as "VmHWM:  1234 kB" of /proc/self/status, in MiB.
std::optional<double> status_mebibytes(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with(key + ":")) continue;
    std::istringstream numbers(line.substr(key.size() + 1));
    double kibibytes = 0;
    numbers >> kibibytes;
    return kibibytes / 1024;
  }
  return std::nullopt;
}

// Resets the peak to the memory that is held now.
bool reset_peak() {
  std::ofstream clear("/proc/self/clear_refs");
  clear << "5" << std::flush;
  return clear.good();
}

}  // namespace

Cost measure_cost(const std::function<void()>& work) {
  const auto before = reset_peak() ? status_mebibytes("VmRSS") : std::nullopt;
  const auto start = std::chrono::steady_clock::now();
  work();
  Cost cost;
  cost.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const auto peak = status_mebibytes("VmHWM");
  if (before && peak) cost.mebibytes = *peak - *before;
  return cost;
}

std::vector<int> one_and_all_threads() {
  const int all = at::get_num_threads();
  return all > 1 ? std::vector{1, all} : std::vector{1};
}

nlohmann::ordered_json spread(std::vector<double> numbers) {
  std::sort(numbers.begin(), numbers.end());
  const auto middle = numbers.size() / 2;
  const double middle_value =
      numbers.size() % 2 == 1 ? numbers[middle] : (numbers[middle - 1] + numbers[middle]) / 2;
  return {{"min", numbers.front()}, {"median", middle_value}, {"max", numbers.back()}};
}

nlohmann::ordered_json milliseconds(std::vector<double> seconds) {
  for (double& one : seconds) one *= 1000;
  return spread(std::move(seconds));
}

double median(const nlohmann::ordered_json& spread) { return spread["median"].get<double>(); }

}  // namespace heed
