#include "models/fused/packed_linear.h"

#include <algorithm>

#include "models/compute.h"
#include "models/fused/kernels/linear.h"
#include "models/fused/kernels/matrix.h"
#include "models/fused/row_blocks.h"
#include "models/fused/scratch.h"
#include "models/fused/tensor_access.h"

namespace heed {
namespace {

// Copying fewer numbers does not pay for a second thread.
constexpr int64_t worth_copying = 30'000;

int64_t count_pairs(int64_t count) { return (count + 1) / 2; }

// Uses of scratch().
struct PackedInputs;
struct PairedRows;

/// B [depth, n], or its transpose, packed.
template <class Number>
void pack(const PackedProductKernels<Number>& kernels, int64_t depth, int64_t n, const Number* from,
          int64_t stride, bool transposed, Number* to) {
  const int64_t panels = kernels.panels(n);
  parallel_for(panels, 1 + worth_copying * panels / (depth * n), [&](int64_t begin, int64_t end) {
    kernels.pack(depth, n, from, stride, transposed, begin, end, to);
  });
}

/// A packed matrix with its memory.
template <class Number>
class Packed {
 public:
  void make(const PackedProductKernels<Number>& kernels, int64_t depth, int64_t n,
            const Number* from, int64_t stride, bool transposed) {
    numbers_ = at::empty({kernels.packed_size(depth, n)}, at::kFloat);  // or as many pairs
    pack(kernels, depth, n, from, stride, transposed, data());
  }
  const Number* get() const { return static_cast<const Number*>(numbers_.const_data_ptr()); }

 private:
  Number* data() { return static_cast<Number*>(numbers_.mutable_data_ptr()); }
  at::Tensor numbers_;
};

class Weight : public PackedLinear {
 public:
  Weight(const at::Tensor& weight, const at::Tensor& bias)
      : weight_(data(weight)), bias_(data(bias)), in_(weight.size(1)), out_(weight.size(0)) {}

 protected:
  // Puts the bias into `rows` rows of y; returns whether the products are to be added to them.
  bool begin(int64_t rows, float* y, bool add) const {
    if (!bias_) return add;
    if (add)
      linear_kernels().add_to_rows(bias_, rows, out_, y);
    else
      for (int64_t i = 0; i < rows; ++i) std::copy_n(bias_, out_, y + i * out_);
    return true;
  }

  const float *weight_, *bias_;
  int64_t in_, out_;
};

class FloatLinear : public Weight {
 public:
  using Weight::Weight;

  void prepare_forward() override {
    transposed_.make(kernels_, in_, out_, weight_, in_, /*transposed=*/true);
  }
  void prepare_backward() override {
    straight_.make(kernels_, out_, in_, weight_, in_, /*transposed=*/false);
  }

  void forward(const float* x, int64_t rows, float* y, bool add) const override {
    kernels_.product(rows, out_, in_, x, in_, false, transposed_.get(), y, out_,
                     begin(rows, y, add));
  }

  void input_gradient(const float* dy, int64_t rows, float* dx) const override {
    kernels_.product(rows, in_, out_, dy, out_, false, straight_.get(), dx, in_, false);
  }

  void weight_gradient(const float* dy, const float* x, int64_t rows,
                       float* dweight) const override {
    auto* inputs = scratch<PackedInputs>(kernels_.packed_size(rows, in_));
    pack(kernels_, rows, in_, x, in_, /*transposed=*/false, inputs);
    RowBlocks(out_, rows * in_).each([&](int64_t, int64_t first, int64_t count) {
      kernels_.product(count, in_, rows, dy + first, out_, true, inputs, dweight + first * in_, in_,
                       false);
    });
  }

 private:
  const MatrixKernels& kernels_ = matrix_kernels();
  Packed<float> transposed_, straight_;
};

class Bf16Linear : public Weight {
 public:
  using Weight::Weight;

  void prepare_forward() override {
    const int64_t pairs = count_pairs(in_);
    auto* columns = scratch<PairedRows, uint32_t>(out_ * pairs);
    pair_columns(weight_, out_, in_, columns);
    transposed_.make(kernels_.products, pairs, out_, columns, pairs, /*transposed=*/true);
  }
  void prepare_backward() override {
    auto* rows = scratch<PairedRows, uint32_t>(count_pairs(out_) * in_);
    pair_rows(weight_, out_, in_, rows);
    straight_.make(kernels_.products, count_pairs(out_), in_, rows, in_, /*transposed=*/false);
  }

  void forward(const float* x, int64_t rows, float* y, bool add) const override {
    multiply(x, rows, in_, transposed_.get(), out_, y, begin(rows, y, add));
  }

  void input_gradient(const float* dy, int64_t rows, float* dx) const override {
    multiply(dy, rows, out_, straight_.get(), in_, dx, false);
  }

  void weight_gradient(const float* dy, const float* x, int64_t rows,
                       float* dweight) const override {
    const int64_t pairs = count_pairs(rows);
    const auto& kernels = kernels_.products;
    auto* paired = scratch<PairedRows, uint32_t>(pairs * std::max(in_, out_));
    auto* inputs = scratch<PackedInputs, uint32_t>(kernels.packed_size(pairs, in_));
    pair_rows(x, rows, in_, paired);
    pack(kernels, pairs, in_, paired, in_, /*transposed=*/false, inputs);
    pair_rows(dy, rows, out_, paired);
    RowBlocks(out_, pairs * in_).each([&](int64_t, int64_t first, int64_t count) {
      kernels.product(count, in_, pairs, paired + first, out_, true, inputs, dweight + first * in_,
                      in_, false);
    });
  }

 private:
  // c [rows, n] = a [rows, depth] B, or added to it; a is converted to pairs just before it is
  // read.
  void multiply(const float* a, int64_t rows, int64_t depth, const uint32_t* b, int64_t n, float* c,
                bool add) const {
    const int64_t pairs = count_pairs(depth);
    auto* left = scratch<PairedRows, uint32_t>(rows * pairs);
    kernels_.pair_columns(a, rows, depth, left);
    kernels_.products.product(rows, n, pairs, left, pairs, false, b, c, n, add);
  }

  void pair_columns(const float* from, int64_t rows, int64_t columns, uint32_t* to) const {
    parallel_for(rows, 1 + 2 * worth_copying / columns, [&](int64_t begin, int64_t end) {
      kernels_.pair_columns(from + begin * columns, end - begin, columns,
                            to + begin * count_pairs(columns));
    });
  }

  void pair_rows(const float* from, int64_t rows, int64_t columns, uint32_t* to) const {
    parallel_for(count_pairs(rows), 1 + worth_copying / columns, [&](int64_t begin, int64_t end) {
      kernels_.pair_rows(from + 2 * begin * columns, std::min(rows, 2 * end) - 2 * begin, columns,
                         to + begin * columns);
    });
  }

  const LinearBf16Kernels& kernels_ = *linear_bf16_kernels();
  Packed<uint32_t> transposed_, straight_;
};

}  // namespace

std::unique_ptr<PackedLinear> make_packed_linear(const at::Tensor& weight, const at::Tensor& bias,
                                                 bool bf16) {
  if (bf16) return std::make_unique<Bf16Linear>(weight, bias);
  return std::make_unique<FloatLinear>(weight, bias);
}

at::Tensor weight_gradient(const PackedLinear& packed, const at::Tensor& outer,
                           const at::Tensor& input) {
  const auto result = at::empty({outer.size(1), input.size(1)}, input.options());
  packed.weight_gradient(data(outer), data(input), input.size(0), result.mutable_data_ptr<float>());
  return result;
}

at::Tensor bias_gradient(const at::Tensor& bias, const at::Tensor& outer) {
  if (!bias.defined()) return {};
  const auto result = at::empty({outer.size(1)}, outer.options());
  linear_kernels().column_sums(data(outer), outer.size(0), outer.size(1), /*add=*/false,
                               result.mutable_data_ptr<float>());
  return result;
}

}  // namespace heed
