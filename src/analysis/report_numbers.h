#pragma once

#include <string>
#include <utility>
#include <vector>

#include "src/analysis/analysis.h"

namespace heed {

/// Numbers by name, in the order of a table's columns; NaN: there is none.
using NamedNumbers = std::vector<std::pair<std::string, double>>;

/// All names in these rows, each once, in the order of their first appearance.
std::vector<std::string> names_in(const std::vector<NamedNumbers>& rows);

/// A CSV cell for each of the names, in the shortest form that reads back the same; empty where
/// there is no such number.
std::vector<std::string> format_cells(const NamedNumbers& row,
                                      const std::vector<std::string>& names);

/// All numbers of a head. heads.csv, JSON and the page use the same names: for each measure M of
/// head_measure.h M (its mean), M_spread, M_sentences and M_untrained; offset, offset_mass and
/// offset_mass_untrained; for each kind of link hit_NAME, mass_NAME and their _untrained; zero_ and
/// mean_ (set to zero, set to its mean) rise, rise_error, loss_on_links and measure; gradient and
/// gradient_error. NaN where a head has none.
NamedNumbers report_numbers(const HeadReport& report);

/// heads.csv: a row per head.
std::string heads_csv(const Analysis& analysis);

}  // namespace heed
