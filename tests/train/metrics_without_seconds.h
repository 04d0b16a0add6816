#pragma once

#include <sstream>
#include <string>

#include "train/files/file.h"
#include "train/run_directory.h"

namespace heed {

/// metrics.csv without its column of seconds.
inline std::string metrics_without_seconds(const RunDirectory& run) {
  std::istringstream lines(read_file(run.metrics()));
  std::string result, cell;
  for (std::string line; std::getline(lines, line); result += "\n") {
    std::istringstream cells(line);
    for (int column = 0; std::getline(cells, cell, ','); ++column)
      if (column != 2) result += cell + ",";
  }
  return result;
}

}  // namespace heed
