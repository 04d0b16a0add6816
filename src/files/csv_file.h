#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace heed {

/// A CSV file of plain numbers and names, as MetricsLog writes it: no quotes.
struct CsvFile {
  std::vector<std::string> header = {};
  std::vector<std::vector<std::string>> rows = {};  ///< each has as many cells as the header

  /// The cell of a row in the named column; empty if the column does not exist.
  const std::string& cell(const std::vector<std::string>& row, const std::string& name) const;
};

/// Skips incomplete rows, since the file may still be being written. A missing file is empty.
/// Throws std::runtime_error if the file cannot be read.
CsvFile read_csv(const std::filesystem::path& path);

/// The number that a cell begins with; NaN if there is none.
double parse_number(const std::string& cell);

}  // namespace heed
