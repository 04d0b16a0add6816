#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "src/compare/comparison.h"
#include "src/compare/figures.h"

namespace heed {

/// Adds the extrapolation test that [test] of the plan asks for.
void add_extrapolation(const Plan& plan, Comparison& comparison);

/// Measures the cost of each model by length, with the settings chosen for it.
void add_costs(const Plan& plan, Comparison& comparison);

/// The text of report.html: the question, the conclusion, tables and figures (their SVG inline),
/// and how it was measured. One file that needs no network. Texts are escaped.
std::string make_page(const Comparison& comparison, const std::vector<DrawnFigure>& figures);

/// Writes compare.csv, figures/ (PNG and SVG, where gnuplot is installed) and report.html, which
/// contains everything and needs no other file. Returns the paths, the page last.
std::vector<std::filesystem::path> write_report(const Comparison& comparison,
                                                const std::filesystem::path& out);

}  // namespace heed
