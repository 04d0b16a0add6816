#pragma once

#include <string>
#include <vector>

#include "src/compare/comparison.h"
#include "src/compare/figures.h"

namespace heed {

/// report.html as text: what was asked, the conclusion, tables and figures (their SVG inline), how
/// it was measured. One file that asks no network for anything. Texts are escaped.
std::string make_page(const Comparison& comparison, const std::vector<DrawnFigure>& figures);

}  // namespace heed
