#include "src/analysis/named_numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace heed {

std::vector<std::string> names_in(const std::vector<NamedNumbers>& rows) {
  std::vector<std::string> names;
  for (const auto& row : rows)
    for (const auto& [name, value] : row)
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  return names;
}

std::vector<std::string> format_cells(const NamedNumbers& row,
                                      const std::vector<std::string>& names) {
  std::vector<std::string> cells;
  for (const auto& name : names) {
    const auto found = std::find_if(row.begin(), row.end(),
                                    [&name](const auto& one) { return one.first == name; });
    const bool known = found != row.end() && !std::isnan(found->second);
    cells.push_back(known ? fmt::format("{}", found->second) : "");
  }
  return cells;
}

}  // namespace heed
