#pragma once

namespace heed {

/// How the modules compute with float32 on a CPU. Whatever is not float32 on a CPU takes the
/// reference way in any case.
struct ComputeOptions {
  /// heed's own kernels (models/fused/kernels/), several operations in one pass over memory; false: the
  /// reference, LibTorch's operators one by one.
  bool fused = true;
  /// The products of linear layers read bfloat16 and add up in float32; everything else stays
  /// float32. With `fused`, where bfloat16_products_available().
  bool bfloat16_products = false;
};

/// Whether this CPU multiplies bfloat16 (avx512_bf16).
bool bfloat16_products_available();

/// Those of this thread.
const ComputeOptions& compute_options();

/// Sets this thread's while it lives. A backward pass computes as its forward pass did.
class ComputeScope {
 public:
  explicit ComputeScope(const ComputeOptions& options);
  ~ComputeScope();
  ComputeScope(const ComputeScope&) = delete;
  ComputeScope& operator=(const ComputeScope&) = delete;

 private:
  ComputeOptions before_;
};

}  // namespace heed
