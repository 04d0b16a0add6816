#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <string>
#include <vector>

#include "src/figures/gnuplot.h"
#include "tests/train/files/temporary_folder.h"
#include "train/files/file.h"

namespace heed {

/// A folder for the figure of a test, which is skipped where there is no gnuplot.
class DrawnFigure : public testing::Test {
 protected:
  void SetUp() override {
    if (!Gnuplot::available()) GTEST_SKIP() << missing_gnuplot_hint();
  }

  std::filesystem::path stem() const { return folder_ / "figure"; }
  std::string content(const std::string& ending) const {
    return read_file(stem().string() + ending);
  }

  TemporaryFolder folder_;
};

/// The texts that gnuplot's SVG shows, in its order, as they stand in the file.
inline std::vector<std::string> texts_of(const std::string& svg) {
  static const std::regex text("<text[^>]*>([^<]*)</text>");
  std::vector<std::string> texts;
  for (std::sregex_iterator found(svg.begin(), svg.end(), text), end; found != end; ++found)
    texts.push_back((*found)[1]);
  return texts;
}

struct DrawnPoint {
  double x = 0, y = 0;  // from the top
  std::string color;    // "0,114,178"
};

/// The marks of gnuplot's SVG, `symbol` "gpPt6" (filled) or "gpPt5" (open), in its order.
inline std::vector<DrawnPoint> points_of(const std::string& svg, const std::string& symbol) {
  const std::regex use("'#" + symbol +
                       "' transform='translate\\(([^,]*),([^)]*)\\)[^>]*rgb\\(([^)]*)");
  std::vector<DrawnPoint> points;
  for (std::sregex_iterator found(svg.begin(), svg.end(), use), end; found != end; ++found) {
    std::string color = (*found)[3];
    color.erase(std::remove(color.begin(), color.end(), ' '), color.end());
    points.push_back({std::stod((*found)[1]), std::stod((*found)[2]), color});
  }
  return points;
}

/// How many separate lines gnuplot's SVG draws in a colour, given as "  0, 114, 178".
inline size_t lines_of(const std::string& svg, const std::string& color) {
  const std::regex path("<path stroke='rgb\\(" + color + "\\)'[^>]*d='([^']*)'");
  size_t count = 0;
  for (std::sregex_iterator found(svg.begin(), svg.end(), path), end; found != end; ++found) {
    const std::string moves = (*found)[1];
    count += static_cast<size_t>(std::count(moves.begin(), moves.end(), 'M'));
  }
  return count;
}

inline size_t count_of(const std::string& what, const std::string& in) {
  size_t count = 0;
  for (size_t at = in.find(what); at != std::string::npos; at = in.find(what, at + 1)) ++count;
  return count;
}

}  // namespace heed
