#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "src/analysis/analysis.h"
#include "src/pages/attention_page.h"

namespace heed {

/// A whole analysis: the measures, the heads with report_numbers(), layers, links, the distances
/// between heads, the findings. Unknown numbers are null.
nlohmann::ordered_json to_json(const Analysis& analysis);

/// The measures and the heads of such JSON, as the page shows them. They throw
/// nlohmann::json::exception for any other JSON.
std::vector<PageMeasure> page_measures(const nlohmann::ordered_json& analysis);
std::vector<PageHead> page_heads(const nlohmann::ordered_json& analysis,
                                 const std::vector<PageMeasure>& measures);

}  // namespace heed
