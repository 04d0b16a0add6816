#pragma once

#include <ATen/ATen.h>

#include "models/dispatch.h"

namespace heed {

/// Element by element.
at::Tensor activate(Activation activation, const at::Tensor& input);

}  // namespace heed
