#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "src/analysis/analysis.h"

namespace heed {

/// Draws an analysis into a folder, as PNG and SVG: heads (where each looks, trained and
/// untrained), importance, links_NAME (one per kind of link), similarity_KIND (distances between
/// heads, similar heads together). Returns the paths of the figures without ending.
std::vector<std::filesystem::path> draw_analysis(const Analysis& analysis,
                                                 const std::filesystem::path& folder);

/// Draws when heads form: heads_by_step.csv of `folder` (training_analysis.h), and the validation
/// loss of metrics.csv. Returns false, and draws nothing, if no head stands out.
bool draw_emergence(const std::filesystem::path& folder, const std::filesystem::path& metrics,
                    const std::string& name, const std::filesystem::path& stem);

}  // namespace heed
