#pragma once

#include <filesystem>
#include <vector>

#include "src/analysis/analysis.h"
#include "src/experiment/run.h"

namespace heed {

/// Analyzes a run and, for comparison, its model with the weights that its seed gave it before
/// training. Throws what analyze() throws.
Analysis analyze_run(const Run& run, const AnalysisRequest& request);

/// Writes into `folder` what an analysis found: heads.csv, analysis.json, attention.html with some
/// sentences and, where gnuplot is installed, figures/: those of draw_analysis(), the rollout of
/// the first sentence and, if heads were measured during training, when they formed. Returns the
/// files; of a figure the PNG.
std::vector<std::filesystem::path> write_analysis(const Run& run, const Analysis& analysis,
                                                  const std::filesystem::path& folder);

}  // namespace heed
