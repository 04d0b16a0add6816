#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "src/experiment/config.h"

namespace heed {

/// What one model needs at one length.
struct LengthCost {
  int64_t length = 0;
  double step_seconds = 0;  ///< forward, backward, optimizer: the fastest of several
  double mebibytes = 0;     ///< most that the tensors of a step hold at once
  std::optional<int64_t> state_numbers = {};  ///< carried from step to step of inference, a row
};

constexpr int64_t cost_rows = 16;  ///< rows of the batch that costs are measured with

/// The costs of a config's model on made-up rows of each length, on one thread. Lengths that it
/// cannot take are left out, and so are those behind one whose step took longer than 2 s.
std::vector<LengthCost> cost_by_length(const ExperimentConfig& config,
                                       const std::vector<int64_t>& lengths);

}  // namespace heed
