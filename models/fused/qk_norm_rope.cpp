#include "models/fused/qk_norm_rope.h"

#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "models/fused/operators.h"
#include "models/fused/tensor_access.h"

namespace heed {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

// Fewer rows do not pay for another thread.
int64_t rows_per_thread(int64_t width) { return 1 + 10'000 / width; }

// inverses [B T, 2 H]
at::Tensor rotate_rows(const at::Tensor& projected, const QkNormRopeOptions& options,
                       at::Tensor& inverses) {
  const int64_t length = projected.size(1), rows = projected.size(0) * length;
  const int64_t width = projected.size(2) / 3, heads = options.heads;
  const QkNormRopeRow row_rotation(options, width);
  auto result = at::empty_like(projected);
  inverses = at::empty({rows, 2 * heads}, projected.options());
  const auto* from = data(projected);
  auto *to = result.mutable_data_ptr<float>(), *factors = inverses.mutable_data_ptr<float>();
  parallel_for(rows, rows_per_thread(width), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row)
      row_rotation.forward(row % length, from + row * 3 * width, to + row * 3 * width,
                           factors + row * 2 * heads);
  });
  return result;
}

// The gradient of the scale is summed over blocks of this many rows, and the sums added in order,
// so that the result does not depend on the number of threads.
constexpr int64_t scale_block_rows = 64;

struct QkNormRopeFunction : torch::autograd::Function<QkNormRopeFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& any_projected,
                            const OptionalTensor& /*query_scale, also in options*/,
                            const QkNormRopeOptions& options) {
    const auto projected = any_projected.contiguous();
    at::Tensor inverses;
    const auto result = rotate_rows(projected, options, inverses);
    context->save_for_backward(
        {projected, inverses, options.query_scale, options.rotation.cosine, options.rotation.sine});
    context->saved_data["heads"] = options.heads;
    context->saved_data["normalised"] = options.normalised;
    return result;
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto &projected = saved[0], &inverses = saved[1];
    const QkNormRopeOptions options{.heads = context->saved_data["heads"].toInt(),
                                    .normalised = context->saved_data["normalised"].toBool(),
                                    .query_scale = saved[2],
                                    .rotation = {saved[3], saved[4]}};
    const auto outer = gradients[0].contiguous();
    const int64_t length = projected.size(1), rows = projected.size(0) * length;
    const int64_t width = projected.size(2) / 3, heads = options.heads;
    const QkNormRopeRow row_rotation(options, width);
    auto gradient = at::empty_like(projected);
    const int64_t blocks = (rows + scale_block_rows - 1) / scale_block_rows;
    auto scale_sums = at::zeros({blocks, heads}, projected.options());
    const auto *dy = data(outer), *x = data(projected), *factors = data(inverses);
    auto *dx = gradient.mutable_data_ptr<float>(), *sums = scale_sums.mutable_data_ptr<float>();
    parallel_for(blocks, 1 + rows_per_thread(width) / scale_block_rows,
                 [&](int64_t begin, int64_t end) {
                   for (int64_t row = begin * scale_block_rows;
                        row < std::min(end * scale_block_rows, rows); ++row)
                     row_rotation.backward(row % length, dy + row * 3 * width, x + row * 3 * width,
                                           factors + row * 2 * heads, dx + row * 3 * width,
                                           sums + row / scale_block_rows * heads);
                 });
    const bool scaled = options.query_scale.defined();
    return {gradient, scaled ? scale_sums.sum(0) : at::Tensor(), at::Tensor()};
  }
};

}  // namespace

// The parameters of a position's queries (part 0) or keys (part 1).
QkNormRope QkNormRopeRow::parameters(int64_t position, int64_t part) const {
  const int64_t head_width = width_ / options_.heads, at = position * head_width;
  const auto *cosine = data(options_.rotation.cosine), *sine = data(options_.rotation.sine);
  return {.heads = options_.heads,
          .width = head_width,
          .normalised = options_.normalised,
          .epsilon = head_norm_epsilon,
          .scale = part == 0 ? data(options_.query_scale) : nullptr,
          .cosine = cosine ? cosine + at : nullptr,
          .sine = sine ? sine + at : nullptr};
}

void QkNormRopeRow::forward(int64_t position, const float* from, float* to, float* inverses) const {
  for (const int64_t part : {0, 1})
    qk_norm_rope_kernels().forward(parameters(position, part), from + part * width_,
                                   to + part * width_, inverses + part * options_.heads);
  if (from != to) std::copy_n(from + 2 * width_, width_, to + 2 * width_);
}

void QkNormRopeRow::backward(int64_t position, const float* outer, const float* from,
                             const float* inverses, float* gradient, float* scale_gradient) const {
  for (const int64_t part : {0, 1})
    qk_norm_rope_kernels().backward(parameters(position, part), outer + part * width_,
                                    from + part * width_, inverses + part * options_.heads,
                                    gradient + part * width_, scale_gradient);
  if (outer != gradient) std::copy_n(outer + 2 * width_, width_, gradient + 2 * width_);
}

at::Tensor fused_qk_norm_rope(const at::Tensor& projected, const QkNormRopeOptions& options) {
  at::Tensor inverses;
  if (!at::GradMode::is_enabled()) return rotate_rows(projected.contiguous(), options, inverses);
  return QkNormRopeFunction::apply(projected, to_optional(options.query_scale), options);
}

}  // namespace heed
