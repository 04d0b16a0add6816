#pragma once

#include <string>
#include <vector>

#include "src/analysis/analysis.h"

namespace heed {

/// What the numbers say, one or two sentences each: which heads follow which pattern, or that none
/// does; how the best head compares with simpler rules where true links are known, and what its
/// ablation costs; how much heads differ; what is left without each layer.
std::vector<std::string> findings(const Analysis& analysis);

}  // namespace heed
