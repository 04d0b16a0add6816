#include "models/fused/compute.h"

#include "models/fused/kernels/linear.h"

namespace heed {
namespace {

ComputeOptions& current() {
  thread_local ComputeOptions options;
  return options;
}

}  // namespace

bool bfloat16_products_available() { return linear_bf16_kernels() != nullptr; }

const ComputeOptions& compute_options() { return current(); }

ComputeScope::ComputeScope(const ComputeOptions& options) : before_(current()) {
  current() = options;
}

ComputeScope::~ComputeScope() { current() = before_; }

}  // namespace heed
