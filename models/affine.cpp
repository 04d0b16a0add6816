#include "models/affine.h"

#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "models/fused.h"
#include "models/kernels/linear.h"
#include "models/kernels/matrix.h"
#include "models/kernels/parallel.h"

namespace heed {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

// Rows that the kernel takes together, by which they are shared out among the threads; and rows of
// which a thread takes all columns before it goes on, few enough to stay in its second cache.
constexpr int64_t tile_rows = 6, block_rows = 8 * tile_rows;

// Tiles that are worth a second thread: about 10 us of arithmetic.
int64_t least_tiles(int64_t multiplications_a_tile) {
  return std::max<int64_t>(1, 500'000 / std::max<int64_t>(1, multiplications_a_tile));
}

template <class Number>
Number* scratch(int64_t count, int which) {
  thread_local std::vector<Number> buffers[4];
  auto& buffer = buffers[which];
  if (static_cast<int64_t>(buffer.size()) < count) buffer.resize(static_cast<size_t>(count));
  return buffer.data();
}

// Calls work(first row, rows) for all blocks of m rows of a product, on all threads.
template <class Work>
void for_blocks(int64_t m, int64_t multiplications_a_row, const Work& work) {
  const int64_t tiles = (m + tile_rows - 1) / tile_rows;
  parallel_for(tiles, least_tiles(tile_rows * multiplications_a_row),
               [&](int64_t begin, int64_t end) {
                 const int64_t last = std::min(m, end * tile_rows);
                 for (int64_t row = begin * tile_rows; row < last; row += block_rows)
                   work(row, std::min(block_rows, last - row));
               });
}

// B [depth, n], or its transpose, packed.
template <class Number>
const Number* packed(const PackedProductKernels<Number>& kernels, int64_t depth, int64_t n,
                     const Number* from, int64_t stride, bool transposed) {
  auto* to = scratch<Number>(kernels.packed_size(depth, n), 0);
  const int64_t panels = kernels.panels(n);
  parallel_for(panels, 1 + 30'000 * panels / (depth * n), [&](int64_t begin, int64_t end) {
    kernels.pack(depth, n, from, stride, transposed, begin, end, to);
  });
  return to;
}

// Numbers as pairs of bfloat16, see LinearBf16Kernels.
const uint32_t* paired_columns(const float* from, int64_t rows, int64_t columns) {
  const int64_t pairs = (columns + 1) / 2;
  auto* to = scratch<uint32_t>(rows * pairs, 1);
  const auto* kernels = linear_bf16_kernels();
  parallel_for(rows, 1 + 60'000 / columns, [&](int64_t begin, int64_t end) {
    kernels->pair_columns(from + begin * columns, end - begin, columns, to + begin * pairs);
  });
  return to;
}

const uint32_t* paired_rows(const float* from, int64_t rows, int64_t columns, int which) {
  const int64_t pairs = (rows + 1) / 2;
  auto* to = scratch<uint32_t>(pairs * columns, which);
  const auto* kernels = linear_bf16_kernels();
  parallel_for(pairs, 1 + 30'000 / columns, [&](int64_t begin, int64_t end) {
    kernels->pair_rows(from + 2 * begin * columns, std::min(rows, 2 * end) - 2 * begin, columns,
                       to + begin * columns);
  });
  return to;
}

/// The three products of a linear layer with N rows of input.
class Products {
 public:
  Products(int64_t rows, int64_t in, int64_t out) : rows_(rows), in_(in), out_(out) {}
  virtual ~Products() = default;

  // y [N, out] = x [N, in] W^T + bias, where there is one
  virtual void forward(const float* x, const float* weight, const float* bias, float* y) const = 0;
  // dx [N, in] = dy [N, out] W
  virtual void input_gradient(const float* dy, const float* weight, float* dx) const = 0;
  // dW [out, in] = dy^T x
  virtual void weight_gradient(const float* dy, const float* x, float* dweight) const = 0;

 protected:
  // `rows` rows of y to begin with: the bias, if there is one.
  bool begin_with(const float* bias, int64_t rows, float* y) const {
    for (int64_t i = 0; bias && i < rows; ++i) std::copy_n(bias, out_, y + i * out_);
    return bias;
  }

  int64_t rows_, in_, out_;
};

class FloatProducts : public Products {
 public:
  using Products::Products;

  void forward(const float* x, const float* weight, const float* bias, float* y) const override {
    const auto* turned = packed(kernels_, in_, out_, weight, in_, /*transposed=*/true);
    for_blocks(rows_, in_ * out_, [&](int64_t row, int64_t rows) {
      const bool add = begin_with(bias, rows, y + row * out_);
      kernels_.product(rows, out_, in_, x + row * in_, in_, false, turned, y + row * out_, out_,
                       add);
    });
  }

  void input_gradient(const float* dy, const float* weight, float* dx) const override {
    const auto* straight = packed(kernels_, out_, in_, weight, in_, /*transposed=*/false);
    for_blocks(rows_, in_ * out_, [&](int64_t row, int64_t rows) {
      kernels_.product(rows, in_, out_, dy + row * out_, out_, false, straight, dx + row * in_, in_,
                       false);
    });
  }

  void weight_gradient(const float* dy, const float* x, float* dweight) const override {
    const auto* inputs = packed(kernels_, rows_, in_, x, in_, /*transposed=*/false);
    for_blocks(out_, rows_ * in_, [&](int64_t row, int64_t rows) {
      kernels_.product(rows, in_, rows_, dy + row, out_, true, inputs, dweight + row * in_, in_,
                       false);
    });
  }

 private:
  const MatrixKernels& kernels_ = matrix_kernels();
};

class Bf16Products : public Products {
 public:
  using Products::Products;

  void forward(const float* x, const float* weight, const float* bias, float* y) const override {
    const int64_t pairs = (in_ + 1) / 2;
    const auto* turned = packed(kernels_.products, pairs, out_, paired_columns(weight, out_, in_),
                                pairs, /*transposed=*/true);
    multiply(x, in_, turned, out_, y, bias);
  }

  void input_gradient(const float* dy, const float* weight, float* dx) const override {
    const auto* straight = packed(kernels_.products, (out_ + 1) / 2, in_,
                                  paired_rows(weight, out_, in_, 1), in_, /*transposed=*/false);
    multiply(dy, out_, straight, in_, dx, nullptr);
  }

  void weight_gradient(const float* dy, const float* x, float* dweight) const override {
    const int64_t pairs = (rows_ + 1) / 2;
    const auto* inputs = packed(kernels_.products, pairs, in_, paired_rows(x, rows_, in_, 1), in_,
                                /*transposed=*/false);
    const auto* outer = paired_rows(dy, rows_, out_, 2);
    for_blocks(out_, pairs * in_, [&](int64_t row, int64_t rows) {
      kernels_.products.product(rows, in_, pairs, outer + row, out_, true, inputs,
                                dweight + row * in_, in_, false);
    });
  }

 private:
  // c [N, n] = a [N, depth] B and the bias; a is turned into pairs just before it is read.
  void multiply(const float* a, int64_t depth, const uint32_t* b, int64_t n, float* c,
                const float* bias) const {
    const int64_t pairs = (depth + 1) / 2;
    for_blocks(rows_, n * pairs, [&](int64_t row, int64_t rows) {
      auto* left = scratch<uint32_t>(block_rows * pairs, 3);
      kernels_.pair_columns(a + row * depth, rows, depth, left);
      const bool add = begin_with(bias, rows, c + row * n);
      kernels_.products.product(rows, n, pairs, left, pairs, false, b, c + row * n, n, add);
    });
  }

  const LinearBf16Kernels& kernels_ = *linear_bf16_kernels();
};

// Calls work(Products) of the kind asked for.
template <class Work>
void with_products(bool bf16, int64_t rows, int64_t in, int64_t out, const Work& work) {
  if (bf16)
    work(Bf16Products(rows, in, out));
  else
    work(FloatProducts(rows, in, out));
}

// Fewer rows than these do not pay for turning the weight round.
constexpr int64_t few_rows = 4;

// [..., in] -> [N, in] in one piece
at::Tensor rows_of(const at::Tensor& input) {
  return input.reshape({-1, input.size(-1)}).contiguous();
}

std::vector<int64_t> output_sizes(const at::Tensor& input, const at::Tensor& weight) {
  auto sizes = input.sizes().vec();
  sizes.back() = weight.size(0);
  return sizes;
}

// input [N, in] in one piece -> [N, out]
at::Tensor forward_of(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& added,
                      bool bf16) {
  const int64_t rows = input.size(0), in = input.size(1), out = weight.size(0);
  const float* bias = numbers(added);
  auto output = at::empty({rows, out}, input.options());
  const auto *x = input.const_data_ptr<float>(), *w = weight.const_data_ptr<float>();
  auto* y = output.mutable_data_ptr<float>();
  if (rows <= few_rows) {
    const auto row = linear_kernels().row;
    for (int64_t i = 0; i < rows; ++i)
      parallel_for(out, 1 + 500'000 / in, [&](int64_t begin, int64_t end) {
        row(x + i * in, w, bias, in, begin, end, y + i * out + begin);
      });
    return output;
  }
  with_products(bf16, rows, in, out,
                [&](const auto& products) { products.forward(x, w, bias, y); });
  return output;
}

// y = x W^T + b. With dy for the gradient of the loss by y: dx = dy W, dW = dy^T x, db = the sum of
// dy's rows.
struct AffineByHand : torch::autograd::Function<AffineByHand> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input,
                            const at::Tensor& weight, const std::optional<at::Tensor>& bias,
                            bool bf16) {
    const auto rows = rows_of(input);
    context->save_for_backward({rows, weight});
    context->saved_data["bf16"] = bf16;
    context->saved_data["bias_gradient"] = bias && bias->requires_grad();
    context->saved_data["sizes"] = input.sizes();
    return forward_of(rows, weight, bias.value_or(at::Tensor()), bf16)
        .view(output_sizes(input, weight));
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto &input = saved[0], &weight = saved[1];
    const int64_t rows = input.size(0), in = input.size(1), out = weight.size(0);
    const auto outer = gradients[0].contiguous();
    const auto* dy = outer.const_data_ptr<float>();
    tensor_list result(4);  // by forward's arguments
    with_products(context->saved_data["bf16"].toBool(), rows, in, out, [&](const auto& products) {
      if (context->needs_input_grad(0)) {
        result[0] = at::empty(context->saved_data["sizes"].toIntVector(), input.options());
        products.input_gradient(dy, weight.const_data_ptr<float>(),
                                result[0].mutable_data_ptr<float>());
      }
      if (context->needs_input_grad(1)) {
        result[1] = at::empty({out, in}, input.options());
        products.weight_gradient(dy, input.const_data_ptr<float>(),
                                 result[1].mutable_data_ptr<float>());
      }
    });
    if (context->saved_data["bias_gradient"].toBool()) {
      result[2] = at::empty({out}, input.options());
      linear_kernels().column_sums(dy, rows, out, false, result[2].mutable_data_ptr<float>());
    }
    return result;
  }
};

bool fits(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias) {
  return input.dim() >= 1 && weight.dim() == 2 && input.size(-1) == weight.size(1) &&
         input.numel() > 0 && weight.is_contiguous() &&
         (!bias.defined() || (bias.is_contiguous() && bias.sizes() == weight.sizes().slice(0, 1)));
}

}  // namespace

at::Tensor affine(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias) {
  if (!fused_serves(input, weight, bias) || !fits(input, weight, bias))
    return at::linear(input, weight, bias);
  const bool bf16 = compute_options().bfloat16_products && linear_bf16_kernels();
  if (!at::GradMode::is_enabled())
    return forward_of(rows_of(input), weight, bias, bf16).view(output_sizes(input, weight));
  return AffineByHand::apply(input, weight, bias.defined() ? std::optional(bias) : std::nullopt,
                             bf16);
}

}  // namespace heed
