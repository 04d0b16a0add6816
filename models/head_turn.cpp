#include "models/head_turn.h"

#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <optional>

#include "models/fused.h"
#include "models/kernels/head_turn.h"
#include "models/kernels/parallel.h"

namespace heed {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

/// The rows [B T] of a projection and what is done to each.
struct Rows {
  Rows(const at::Tensor& projected, const HeadTurnOptions& with)
      : options(with),
        length(projected.size(1)),
        count(projected.size(0) * length),
        width(projected.size(2) / 3) {}

  // The turn of row `row`'s queries (part 0) or keys (part 1).
  HeadTurn turn(int64_t row, int64_t part) const {
    const int64_t head_width = width / options.heads, at = row % length * head_width;
    const auto *cosine = numbers(options.rotation.cosine), *sine = numbers(options.rotation.sine);
    return {.heads = options.heads,
            .width = head_width,
            .normalised = options.normalised,
            .epsilon = head_norm_epsilon,
            .scale = part == 0 ? numbers(options.query_scale) : nullptr,
            .cosine = cosine ? cosine + at : nullptr,
            .sine = sine ? sine + at : nullptr};
  }

  int64_t start(int64_t row, int64_t part) const { return (3 * row + part) * width; }
  int64_t grain() const { return 1 + 10'000 / width; }

  const HeadTurnOptions& options;
  int64_t length, count, width;  // T, B T, D
};

// inverses [B T, 2, H]
at::Tensor forward_of(const at::Tensor& projected, const HeadTurnOptions& options,
                      at::Tensor& inverses) {
  const Rows rows(projected, options);
  auto result = at::empty_like(projected);
  inverses = at::empty({rows.count, 2, options.heads}, projected.options());
  const auto* from = numbers(projected);
  auto *to = result.mutable_data_ptr<float>(), *kept = inverses.mutable_data_ptr<float>();
  parallel_for(rows.count, rows.grain(), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      for (const int64_t part : {0, 1})
        head_turn_kernels().forward(rows.turn(row, part), from + rows.start(row, part),
                                    to + rows.start(row, part),
                                    kept + (2 * row + part) * options.heads);
      std::copy_n(from + rows.start(row, 2), rows.width, to + rows.start(row, 2));
    }
  });
  return result;
}

// Rows whose share of the scale's gradient is gathered in one place; the places are added up in
// order, so that the sum does not rest on the number of threads.
constexpr int64_t block_rows = 64;

struct HeadTurnByHand : torch::autograd::Function<HeadTurnByHand> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& any_projected,
                            const std::optional<at::Tensor>& /*query_scale, in options too*/,
                            const HeadTurnOptions& options) {
    const auto projected = any_projected.contiguous();
    at::Tensor inverses;
    const auto result = forward_of(projected, options, inverses);
    context->save_for_backward(
        {projected, inverses, options.query_scale, options.rotation.cosine, options.rotation.sine});
    context->saved_data["heads"] = options.heads;
    context->saved_data["normalised"] = options.normalised;
    return result;
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto &projected = saved[0], &inverses = saved[1];
    const HeadTurnOptions options{.heads = context->saved_data["heads"].toInt(),
                                  .normalised = context->saved_data["normalised"].toBool(),
                                  .query_scale = saved[2],
                                  .rotation = {saved[3], saved[4]}};
    const Rows rows(projected, options);
    const auto outer = gradients[0].contiguous();
    auto gradient = at::empty_like(projected);
    const int64_t blocks = (rows.count + block_rows - 1) / block_rows;
    auto scale_sums = at::zeros({blocks, options.heads}, projected.options());
    const auto *dy = numbers(outer), *x = numbers(projected), *kept = numbers(inverses);
    auto *dx = gradient.mutable_data_ptr<float>(), *sums = scale_sums.mutable_data_ptr<float>();
    parallel_for(blocks, 1 + rows.grain() / block_rows, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin * block_rows; row < std::min(end * block_rows, rows.count); ++row) {
        for (const int64_t part : {0, 1})
          head_turn_kernels().backward(
              rows.turn(row, part), dy + rows.start(row, part), x + rows.start(row, part),
              kept + (2 * row + part) * options.heads, dx + rows.start(row, part),
              sums + row / block_rows * options.heads);
        std::copy_n(dy + rows.start(row, 2), rows.width, dx + rows.start(row, 2));
      }
    });
    const bool scaled = options.query_scale.defined();
    return {gradient, scaled ? scale_sums.sum(0) : at::Tensor(), at::Tensor()};
  }
};

}  // namespace

at::Tensor fused_head_turn(const at::Tensor& projected, const HeadTurnOptions& options) {
  at::Tensor inverses;
  if (!at::GradMode::is_enabled()) return forward_of(projected.contiguous(), options, inverses);
  const auto& scale = options.query_scale;
  return HeadTurnByHand::apply(projected, scale.defined() ? std::optional(scale) : std::nullopt,
                               options);
}

}  // namespace heed
