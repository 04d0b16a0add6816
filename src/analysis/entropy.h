#pragma once

#include <ATen/ATen.h>

namespace heed {

/// -sum of p ln p over the last dimension, 0 ln 0 = 0, in nats. `weights` [..., S], at least 0.
at::Tensor entropy_of_rows(const at::Tensor& weights);

}  // namespace heed
