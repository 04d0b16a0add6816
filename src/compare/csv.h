#pragma once

#include <string>

#include "src/compare/comparison.h"

namespace heed {

/// compare.csv: a row per run, numbers in the shortest form that reads back the same. Columns: the
/// run and its label on each axis, whether its tuned settings were chosen, sizes and times, losses,
/// then each score as split_measure or split_measure_by_bucket.
std::string to_csv(const Comparison& comparison);

}  // namespace heed
