#pragma once

#include <string>
#include <utility>
#include <vector>

namespace heed {

/// Numbers by name, in the order of a table's columns; NaN: there is none.
using NamedNumbers = std::vector<std::pair<std::string, double>>;

/// The names that some of them have, each once, in the order in which they first come.
std::vector<std::string> names_in(const std::vector<NamedNumbers>& rows);

/// A CSV's cell for each of the names, with all digits; empty where there is no such number.
std::vector<std::string> format_cells(const NamedNumbers& row,
                                      const std::vector<std::string>& names);

}  // namespace heed
