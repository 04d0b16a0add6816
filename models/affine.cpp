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
  thread_local std::vector<Number> buffers[3];
  auto& buffer = buffers[which];
  if (static_cast<int64_t>(buffer.size()) < count) buffer.resize(static_cast<size_t>(count));
  return buffer.data();
}

/// What a product reads: element (i, k) at data[i * row + k * column]. Of bfloat16, k counts pairs.
template <class Number>
struct Operand {
  const Number* data;
  int64_t row, column;
};

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

// C [m, n] = (or +=) A [m, depth] B [depth, n].
template <class Number, class Product>
void large_product(int64_t m, int64_t n, int64_t depth, Operand<Number> a, const Number* b,
                   float* c, bool add, Product product) {
  for_blocks(m, n * depth, [&](int64_t row, int64_t rows) {
    product(rows, n, depth, a.data + row * a.row, a.row, a.column, b, n, c + row * n, n, add);
  });
}

// The same of numbers A [m, depth], turned into pairs of bfloat16 just before they are read, and
// pairs B [(depth + 1) / 2, n].
void paired_product(int64_t m, int64_t n, int64_t depth, const float* a, const uint32_t* b,
                    float* c, bool add) {
  const auto* kernels = linear_bf16_kernels();
  const int64_t pairs = (depth + 1) / 2;
  for_blocks(m, n * pairs, [&](int64_t row, int64_t rows) {
    auto* left = scratch<uint32_t>(block_rows * pairs, 2);
    kernels->pair_columns(a + row * depth, rows, depth, left);
    kernels->product(rows, n, pairs, left, pairs, 1, b, n, c + row * n, n, add);
  });
}

// Numbers as pairs of bfloat16, see LinearBf16Kernels.
const uint32_t* paired_columns(const float* from, int64_t rows, int64_t columns, int which) {
  const int64_t pairs = (columns + 1) / 2;
  auto* to = scratch<uint32_t>(rows * pairs, which);
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

// from [rows, columns] -> [columns, rows]
template <class Number, class Transpose>
const Number* transposed(const Number* from, int64_t rows, int64_t columns, int which,
                         Transpose transpose) {
  auto* to = scratch<Number>(rows * columns, which);
  parallel_for(rows, 1 + 30'000 / columns,
               [&](int64_t begin, int64_t end) { transpose(from, rows, columns, begin, end, to); });
  return to;
}

/// The three products of a linear layer with N rows of input.
struct Products {
  int64_t rows, in, out;  // N, D_in, D_out
  bool bf16;

  // y [N, out] = x [N, in] W^T, added to what y holds if `add`.
  void forward(const float* x, const float* weight, float* y, bool add) const {
    if (!bf16) {
      const auto* turned = transposed(weight, out, in, 0, linear_kernels().transpose);
      large_product<float>(rows, out, in, {x, in, 1}, turned, y, add, matrix_kernels().product);
      return;
    }
    const auto* kernels = linear_bf16_kernels();
    const int64_t pairs = (in + 1) / 2;
    const auto* turned =
        transposed(paired_columns(weight, out, in, 0), out, pairs, 1, kernels->transpose);
    paired_product(rows, out, in, x, turned, y, add);
  }

  // dx [N, in] = dy [N, out] W
  void input_gradient(const float* dy, const float* weight, float* dx) const {
    if (!bf16) {
      large_product<float>(rows, in, out, {dy, out, 1}, weight, dx, false,
                           matrix_kernels().product);
      return;
    }
    paired_product(rows, in, out, dy, paired_rows(weight, out, in, 1), dx, false);
  }

  // dW [out, in] = dy^T x
  void weight_gradient(const float* dy, const float* x, float* dweight) const {
    if (!bf16) {
      large_product<float>(out, in, rows, {dy, 1, out}, x, dweight, false,
                           matrix_kernels().product);
      return;
    }
    const auto* left = paired_rows(dy, rows, out, 0);
    large_product<uint32_t>(out, in, (rows + 1) / 2, {left, 1, out}, paired_rows(x, rows, in, 1),
                            dweight, false, linear_bf16_kernels()->product);
  }
};

// Fewer rows than these do not pay for turning the weight round.
constexpr int64_t few_rows = 4;

void fill_rows(float* y, int64_t rows, int64_t out, const float* bias) {
  for (int64_t i = 0; i < rows; ++i) std::copy_n(bias, out, y + i * out);
}

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
  if (bias) fill_rows(y, rows, out, bias);
  Products{rows, in, out, bf16}.forward(x, w, y, bias != nullptr);
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
    const Products products{rows, in, out, context->saved_data["bf16"].toBool()};
    const auto outer = gradients[0].contiguous();
    const auto* dy = outer.const_data_ptr<float>();
    tensor_list result(4);  // by forward's arguments
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
