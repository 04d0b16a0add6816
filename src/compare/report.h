#pragma once

#include <filesystem>
#include <vector>

#include "src/compare/comparison.h"

namespace heed {

/// What [test] of a plan means for a comparison of its results.
void add_extrapolation(const Plan& plan, Comparison& comparison);

/// Measures what each model costs by length, at the settings that were chosen for it.
void add_costs(const Plan& plan, Comparison& comparison);

/// compare.csv, figures/ (PNG and SVG, where there is gnuplot) and report.html, which holds all of
/// it and needs no other file. Returns what was written, the page last.
std::vector<std::filesystem::path> write_report(const Comparison& comparison,
                                                const std::filesystem::path& out);

}  // namespace heed
