#pragma once

#include <string>
#include <vector>

#include "src/figures/figure_panels.h"

namespace heed {

/// The names below the columns: beside one another, in lines if need be, or slanted.
class CategoryNames {
 public:
  /// `pitch`: pixels from one column to the next.
  CategoryNames(const std::vector<std::string>& names, double pitch);

  double height() const;
  /// What slanted names take to the left of the first column's middle.
  double overhang() const;
  std::string commands(const Rectangle& plot, const Canvas& canvas) const;

 private:
  std::vector<std::vector<std::string>> lines_;  // a name
  bool slanted_ = false;
};

}  // namespace heed
