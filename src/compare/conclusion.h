#pragma once

#include <string>
#include <vector>

#include "src/compare/comparison.h"

namespace heed {

/// Which family of models is ahead, in sentences: at each point of the grid the best model with
/// attention against the best recurrent one, and the same beyond the training range. A model is
/// ahead where the intervals of the interquartile means do not overlap or, with one seed, where the
/// values differ.
std::vector<std::string> conclude(const Comparison& comparison);

/// What failed, a line per run: name and reason.
std::vector<std::string> list_failures(const Comparison& comparison);

}  // namespace heed
