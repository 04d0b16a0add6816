#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace heed {

/// A CSV file of plain numbers and names, as MetricsLog writes it: no quotes.
struct CsvFile {
  std::vector<std::string> header = {};
  std::vector<std::vector<std::string>> rows = {};  ///< as many cells each as the header

  /// The cell of a row under a name; empty where there is no such column.
  const std::string& cell(const std::vector<std::string>& row, const std::string& name) const;
};

/// Rows that break off, of a file that is still being written, are left out. A file that is not
/// there is empty. Throws std::runtime_error where it cannot be read.
CsvFile read_csv(const std::filesystem::path& path);

/// The number that a cell begins with; NaN where there is none.
double parse_number(const std::string& cell);

}  // namespace heed
