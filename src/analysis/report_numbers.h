#pragma once

#include <string>

#include "src/analysis/analysis.h"
#include "src/analysis/named_numbers.h"

namespace heed {

/// All numbers of a head by name, the same names in heads.csv, JSON and the page: for each measure
/// M of head_measure.h M (its mean), M_spread, M_sentences and M_untrained; offset, offset_mass and
/// offset_mass_untrained; for each kind of link hit_NAME, mass_NAME and their _untrained; zero_ and
/// mean_ (set to zero, set to its mean) rise, rise_error, loss_on_links and measure; gradient and
/// gradient_error. NaN where a head has none.
NamedNumbers report_numbers(const HeadReport& report);

/// heads.csv: a row a head.
std::string heads_csv(const Analysis& analysis);

}  // namespace heed
