#pragma once

#include <string>
#include <vector>

#include "src/analysis/analysis.h"

namespace heed {

/// What the numbers say, a sentence or two each: which heads follow which pattern, or that none
/// does; how the best head stands against simpler rules where true links are known, and what its
/// ablation costs; whether heads specialise; what is left without each layer.
std::vector<std::string> findings(const Analysis& analysis);

}  // namespace heed
