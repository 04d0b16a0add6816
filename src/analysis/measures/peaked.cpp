#include "src/analysis/head_measure.h"

namespace heed {
namespace {

at::Tensor peaked(const HeadMaps& maps) {
  return mean_over_rows(open_weights(maps).amax(-1) > 0.5, rows_with_keys(maps, 2));
}

const HeadMeasureEntry peaked_entry{{
    .rank = 120,
    .name = "peaked",
    .title = "rows with one main key",
    .heading = "peaked",
    .formula = "share of q with at least two allowed keys whose largest A[q, k] > 0.5",
    .source = "after the confidence of Voita et al. 2019, 1905.09418",
    .compute = peaked,
}};

}  // namespace
}  // namespace heed
