#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "src/experiment/config.h"

namespace heed {

/// What one model needs at one length.
struct LengthCost {
  int64_t length = 0;
  double step_seconds = 0;  ///< forward, backward, optimizer: the fastest of several
  double mebibytes = 0;     ///< the most that the tensors of a step hold at once
  std::optional<int64_t> state_numbers = {};  ///< carried between inference steps, per row
};

constexpr int64_t cost_rows = 16;  ///< rows of the batch that costs are measured with

/// The costs of a config's model on random rows of each length, on one thread. Lengths that it
/// cannot process are left out, and so are those after one whose step took longer than 2 s.
std::vector<LengthCost> cost_by_length(const ExperimentConfig& config,
                                       const std::vector<int64_t>& lengths);

/// The most bytes that the CPU tensors made by `work` hold at once, as LibTorch's allocator counts
/// them. What was held before, or what other threads make, does not count.
int64_t peak_bytes(const std::function<void()>& work);

}  // namespace heed
