#pragma once

#include <string>
#include <vector>

#include "src/compare/comparison.h"
#include "src/console/console_table.h"

namespace heed {

/// A row for each model at each place of the grid: parameters, tuned settings, loss and measures
/// (interquartile means over the seeds), how many seeds solved it and how fast.
ConsoleTable main_table(const Comparison& comparison);

/// The metric's value by the grid's numbers, a row a model; then each breakdown of a measure
/// (accuracy by length), one table a place of the grid.
std::vector<ConsoleTable> detail_tables(const Comparison& comparison);

/// Time and memory of a training step, and what inference carries, by length; a row a model.
std::vector<ConsoleTable> cost_tables(const Comparison& comparison);

/// For people, in 80 columns where that can be: all tables, the conclusion and what failed.
std::string to_text(const Comparison& comparison);

}  // namespace heed
