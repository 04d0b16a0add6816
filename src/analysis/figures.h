#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "src/analysis/analysis.h"

namespace heed {

/// Draws an analysis into a folder, as PNG and SVG: heads (where each looks, beside before
/// training), importance, links_NAME (a kind of link each), similarity_KIND (distances between
/// heads, those that are alike together). Returns the figures' paths without ending.
std::vector<std::filesystem::path> draw_analysis(const Analysis& analysis,
                                                 const std::filesystem::path& folder);

}  // namespace heed
