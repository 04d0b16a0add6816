#include "src/analysis/entropy.h"

namespace heed {

at::Tensor entropy_of_rows(const at::Tensor& weights) {
  constexpr double tiny = 1e-30;  // so that its logarithm is a number, which 0 then multiplies
  return weights.clamp_min(tiny).log_().mul_(weights).sum(-1).neg_();
}

}  // namespace heed
