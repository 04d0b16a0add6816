#pragma once

#include <string>
#include <vector>

#include "src/compare/comparison.h"
#include "src/console/console_table.h"

namespace heed {

/// A row for each model at each point of the grid: parameters, tuned settings, loss and measures
/// (interquartile means over the seeds), how many seeds solved it and how fast.
ConsoleTable main_table(const Comparison& comparison);

/// The metric by the grid's numbers, a row per model; then each breakdown of a measure (accuracy by
/// length), a table per point of the grid.
std::vector<ConsoleTable> detail_tables(const Comparison& comparison);

/// Time and memory of a training step, and the state that inference keeps, by length; a row per
/// model.
std::vector<ConsoleTable> cost_tables(const Comparison& comparison);

/// For a terminal, 80 columns wide where possible: all tables, the conclusion and what failed.
std::string to_text(const Comparison& comparison);

}  // namespace heed
