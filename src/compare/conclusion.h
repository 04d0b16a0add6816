#pragma once

#include <string>
#include <vector>

#include "src/compare/comparison.h"

namespace heed {

/// Who is ahead, in plain sentences, each resting on the numbers of the comparison: at each place
/// of the grid the best model with attention against the best without, and the same beyond what was
/// trained. One is ahead where the intervals of the interquartile means do not meet, or, with one
/// seed, where the values differ.
std::vector<std::string> conclude(const Comparison& comparison);

/// What went wrong, a line a run: name and reason.
std::vector<std::string> list_failures(const Comparison& comparison);

}  // namespace heed
