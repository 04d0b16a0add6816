#pragma once

#include <filesystem>
#include <vector>

#include "src/analysis/analysis.h"

namespace heed {

/// Leaves in `folder` what an analysis found: heads.csv, analysis.json, attention.html with some
/// sentences, and figures/ where gnuplot is there: draw_analysis()'s, the rollout of the first
/// sentence, and when the heads formed, if the training was watched. Returns the files; of a figure
/// the PNG.
std::vector<std::filesystem::path> write_analysis(const Run& run, const Analysis& analysis,
                                                  const std::filesystem::path& folder);

}  // namespace heed
