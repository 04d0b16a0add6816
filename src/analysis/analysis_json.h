#pragma once

#include <nlohmann/json.hpp>

#include "src/analysis/analysis.h"

namespace heed {

/// All of an analysis: what the measures are, the heads with report_numbers(), layers, links, the
/// distances between heads, the findings. Numbers that are not known are null.
nlohmann::ordered_json to_json(const Analysis& analysis);

}  // namespace heed
