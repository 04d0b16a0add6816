#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>

namespace heed {

/// A linear layer y = x W^T + b on contiguous rows of float32 numbers: W [D_out, D_in] is packed
/// once for all rows. For tensors see linear().
class PackedLinear {
 public:
  virtual ~PackedLinear() = default;

  /// Pack W for forward() and for input_gradient(), on all threads.
  virtual void prepare_forward() = 0;
  virtual void prepare_backward() = 0;

  /// y [rows, D_out] = x [rows, D_in] W^T + b, added to what y holds if `add`. On this thread.
  virtual void forward(const float* x, int64_t rows, float* y, bool add) const = 0;

  /// dx [rows, D_in] = dy [rows, D_out] W. On this thread.
  virtual void input_gradient(const float* dy, int64_t rows, float* dx) const = 0;

  /// dW [D_out, D_in] = dy^T x, on all threads.
  virtual void weight_gradient(const float* dy, const float* x, int64_t rows,
                               float* dweight) const = 0;
};

/// The gradients of weight and bias from the gradient of the outputs, outer [N, D_out], and the
/// input [N, D_in], both contiguous. The second is undefined if `bias` is.
at::Tensor weight_gradient(const PackedLinear& packed, const at::Tensor& outer,
                           const at::Tensor& input);
at::Tensor bias_gradient(const at::Tensor& bias, const at::Tensor& outer);

/// weight and bias (or undefined) are contiguous and must outlive it. `bf16`: the products read
/// bfloat16; only if bfloat16_products_available().
std::unique_ptr<PackedLinear> make_packed_linear(const at::Tensor& weight, const at::Tensor& bias,
                                                 bool bf16);

}  // namespace heed
