#include "src/files/csv_file.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <sstream>

#include "train/files/file.h"

namespace heed {
namespace {

std::vector<std::string> split_cells(const std::string& line) {
  std::vector<std::string> cells;
  size_t first = 0;
  for (size_t comma = 0; comma != std::string::npos; first = comma + 1) {
    comma = line.find(',', first);
    cells.push_back(line.substr(first, comma - first));
  }
  return cells;
}

}  // namespace

const std::string& CsvFile::cell(const std::vector<std::string>& row,
                                 const std::string& name) const {
  static const std::string none;
  const auto found = std::find(header.begin(), header.end(), name);
  return found == header.end() ? none : row[static_cast<size_t>(found - header.begin())];
}

CsvFile read_csv(const std::filesystem::path& path) {
  CsvFile file;
  if (!std::filesystem::exists(path)) return file;
  std::istringstream lines(read_file(path));
  std::string line;
  if (std::getline(lines, line)) file.header = split_cells(line);
  while (std::getline(lines, line)) {
    if (lines.eof()) break;  // no newline at its end: it is still being written
    auto cells = split_cells(line);
    if (cells.size() == file.header.size()) file.rows.push_back(std::move(cells));
  }
  return file;
}

double parse_number(const std::string& cell) {
  char* end = nullptr;
  const double number = std::strtod(cell.c_str(), &end);
  return end == cell.c_str() ? std::numeric_limits<double>::quiet_NaN() : number;
}

}  // namespace heed
