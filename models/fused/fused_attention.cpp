#include <ATen/ExpandUtils.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "models/fused/kernels/attention.h"
#include "models/fused/operators.h"
#include "models/fused/scratch.h"
#include "models/fused/tensor_access.h"

namespace heed {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

// Up to this many weights, 1 MiB, are still in the cache when the backward pass reads them;
// computing more again is faster than reading them.
constexpr int64_t max_in_cache = int64_t{1} << 18;

// With fewer multiplications a second thread costs more than it saves.
constexpr int64_t min_work = int64_t{1} << 20;

at::Tensor with_contiguous_rows(const at::Tensor& matrices) {
  const bool is = matrices.size(-1) <= 1 || matrices.stride(-1) == 1;
  return is ? matrices : matrices.contiguous();
}

/// Where each matrix of a tensor [..., rows, width] begins.
class Matrices {
 public:
  explicit Matrices(const at::Tensor& tensor)
      : sizes_(tensor.sizes().slice(0, tensor.dim() - 2)), strides_(tensor.strides()) {}

  int64_t row() const { return strides_[strides_.size() - 2]; }
  int64_t start(int64_t index) const {
    int64_t offset = 0;
    for (size_t d = sizes_.size(); d-- > 0; index /= sizes_[d])
      offset += index % sizes_[d] * strides_[d];
    return offset;
  }

 private:
  at::IntArrayRef sizes_, strides_;
};

ReadRows read(const at::Tensor& tensor, int64_t index) {
  if (!tensor.defined()) return {nullptr, 0};
  const Matrices matrices(tensor);
  return {tensor.const_data_ptr<float>() + matrices.start(index), matrices.row()};
}

WriteRows write(const at::Tensor& tensor, int64_t index) {
  if (!tensor.defined()) return {nullptr, 0};
  const Matrices matrices(tensor);
  return {tensor.mutable_data_ptr<float>() + matrices.start(index), matrices.row()};
}

/// The input of both passes, with equal leading dimensions.
struct Problem {
  at::Tensor query, key, value;  // [..., T, K], [..., S, K], [..., S, Kv]
  at::Tensor added;              // [..., T, S] or undefined
  at::Tensor lengths;            // [B] or undefined
  bool causal = false;

  int64_t queries() const { return query.size(-2); }
  int64_t keys() const { return key.size(-2); }
  int64_t value_width() const { return value.size(-1); }
  at::IntArrayRef leading() const { return query.sizes().slice(0, query.dim() - 2); }
  int64_t heads() const { return c10::multiply_integers(leading()); }
  int64_t multiplications() const {  // of one head and one product, about
    return queries() * keys() * std::max(query.size(-1), value_width()) / (causal ? 2 : 1);
  }

  std::vector<int64_t> sizes(int64_t rows, int64_t width) const {
    auto result = leading().vec();
    result.insert(result.end(), {rows, width});
    return result;
  }

  // Uninitialised [..., rows, width], in memory with the heads after the rows.
  at::Tensor empty(int64_t rows, int64_t width) const {
    auto result = sizes(rows, width);
    if (result.size() < 3) return at::empty(result, query.options().requires_grad(false));
    std::swap(result[result.size() - 3], result[result.size() - 2]);
    return at::empty(result, query.options().requires_grad(false)).transpose_(-3, -2);
  }

  AttentionHead head(int64_t index) const {
    const int64_t key_length =
        lengths.defined() ? lengths.const_data_ptr<int64_t>()[index / (heads() / lengths.size(0))]
                          : keys();
    return {.queries = queries(),
            .keys = keys(),
            .width = query.size(-1),
            .value_width = value_width(),
            .query = read(query, index),
            .key = read(key, index),
            .value = read(value, index),
            .added = read(added, index),
            .scale = static_cast<float>(1 / std::sqrt(static_cast<double>(query.size(-1)))),
            .key_length = std::clamp<int64_t>(key_length, 0, keys()),
            .causal = causal};
  }
};

struct HeadScratch;
float* scratch_for(const AttentionHead& head) {
  return scratch<HeadScratch>(attention_kernels().scratch(head));
}

// Piece number `piece` of `pieces` equal ones begins at this query. Under a causal mask the work
// grows with the square of the queries.
int64_t first_query(const Problem& problem, int64_t piece, int64_t pieces) {
  const double share = static_cast<double>(piece) / static_cast<double>(pieces);
  const double part = problem.causal ? std::sqrt(share) : share;
  return std::lround(part * static_cast<double>(problem.queries()));
}

struct Attended {
  at::Tensor output = {};      // [..., T, Kv]
  at::Tensor statistics = {};  // [..., T, 2], as RowStatistics
  at::Tensor weights = {};     // [..., T, S]
};

Attended forward_pass(const Problem& problem, bool statistics, bool weights) {
  const int64_t queries = problem.queries(), heads = problem.heads();
  const auto options = problem.query.options().requires_grad(false);
  Attended result{.output = problem.empty(queries, problem.value_width())};
  if (statistics) result.statistics = at::empty(problem.sizes(queries, 2), options);
  if (weights) result.weights = at::empty(problem.sizes(queries, problem.keys()), options);
  auto* numbers =
      statistics ? reinterpret_cast<RowStatistics*>(result.statistics.mutable_data_ptr<float>())
                 : nullptr;
  // Few heads are cut into pieces, one per thread.
  const int64_t pieces = heads < at::get_num_threads() ? at::get_num_threads() : 1;
  const int64_t work = std::max<int64_t>(1, problem.multiplications() / pieces);
  parallel_for(heads * pieces, min_work / work + 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t index = i / pieces, piece = i % pieces;
      const auto head = problem.head(index);
      attention_kernels().forward(head, first_query(problem, piece, pieces),
                                  first_query(problem, piece + 1, pieces),
                                  {.output = write(result.output, index),
                                   .statistics = numbers ? numbers + index * queries : nullptr,
                                   .weights = write(result.weights, index)},
                                  scratch_for(head));
    }
  });
  return result;
}

void backward_pass(const Problem& problem, const Attended& attended,
                   const at::Tensor& output_gradient, const at::Tensor& query_gradient,
                   const at::Tensor& key_gradient, const at::Tensor& value_gradient) {
  const auto* statistics =
      reinterpret_cast<const RowStatistics*>(attended.statistics.const_data_ptr<float>());
  const int64_t work = std::max<int64_t>(1, 2 * problem.multiplications());
  parallel_for(problem.heads(), min_work / work + 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const auto head = problem.head(i);
      attention_kernels().backward(head,
                                   {.output = read(attended.output, i),
                                    .statistics = statistics + i * problem.queries(),
                                    .weights = read(attended.weights, i),
                                    .output_gradient = read(output_gradient, i),
                                    .query_gradient = write(query_gradient, i),
                                    .key_gradient = write(key_gradient, i),
                                    .value_gradient = write(value_gradient, i)},
                                   scratch_for(head));
    }
  });
}

// Expands all three to common leading dimensions, without a copy if their rows are contiguous.
Problem expanded(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                 const OptionalTensor& added, const OptionalTensor& lengths, bool causal) {
  const auto leading = [](const at::Tensor& t) { return t.sizes().slice(0, t.dim() - 2); };
  const auto common = at::infer_size(at::infer_size(leading(query), leading(key)), leading(value));
  const auto expand = [&common](const at::Tensor& t, int64_t rows) {
    auto sizes = common;
    sizes.insert(sizes.end(), {rows, t.size(-1)});
    return with_contiguous_rows(t).expand(sizes);
  };
  Problem problem{.query = expand(query, query.size(-2)),
                  .key = expand(key, key.size(-2)),
                  .value = expand(value, value.size(-2)),
                  .added = {},
                  .lengths = or_undefined(lengths),
                  .causal = causal};
  if (added)
    problem.added =
        with_contiguous_rows(added->expand(problem.sizes(problem.queries(), problem.keys())));
  return problem;
}

// [B, T, 3 D] as views [B, 3 H, T, K], of which the first H are the queries.
Problem of_packed(const at::Tensor& projected, int64_t heads, const OptionalTensor& added,
                  const OptionalTensor& lengths, bool causal) {
  const auto all = projected.unflatten(-1, {3 * heads, projected.size(-1) / (3 * heads)})
                       .transpose(1, 2);  // [B, 3 H, T, K]
  return expanded(all.narrow(1, 0, heads), all.narrow(1, heads, heads),
                  all.narrow(1, 2 * heads, heads), added, lengths, causal);
}

void save(AutogradContext* context, const tensor_list& inputs, const OptionalTensor& added,
          const OptionalTensor& lengths, bool causal, const Attended& attended) {
  tensor_list saved = {or_undefined(added), or_undefined(lengths), attended.output,
                       attended.statistics, attended.weights};
  saved.insert(saved.end(), inputs.begin(), inputs.end());
  context->save_for_backward(saved);
  context->saved_data["causal"] = causal;
}

bool keeps_weights(const Problem& problem, int64_t max_saved) {
  const int64_t count = problem.heads() * problem.queries() * problem.keys();
  return count <= std::min(max_saved, max_in_cache);
}

tensor_list outputs(AutogradContext* context, const Attended& attended, bool want_weights) {
  if (!want_weights) return {attended.output};
  context->mark_non_differentiable({attended.weights});
  return {attended.output, attended.weights};
}

struct FusedAttention : torch::autograd::Function<FusedAttention> {
  static tensor_list forward(AutogradContext* context, const at::Tensor& query,
                             const at::Tensor& key, const at::Tensor& value,
                             const OptionalTensor& added, const OptionalTensor& lengths,
                             bool causal, bool want_weights, int64_t max_saved) {
    const auto problem = expanded(query, key, value, added, lengths, causal);
    const auto attended =
        forward_pass(problem, true, want_weights || keeps_weights(problem, max_saved));
    save(context, {query, key, value}, added, lengths, causal, attended);
    return outputs(context, attended, want_weights);
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto &query = saved[5], &key = saved[6], &value = saved[7];
    const auto problem = expanded(query, key, value, to_optional(saved[0]), to_optional(saved[1]),
                                  context->saved_data["causal"].toBool());
    const auto query_gradient = problem.empty(problem.queries(), query.size(-1));
    const auto key_gradient = problem.empty(problem.keys(), key.size(-1));
    const auto value_gradient = problem.empty(problem.keys(), value.size(-1));
    backward_pass(problem, {.output = saved[2], .statistics = saved[3], .weights = saved[4]},
                  with_contiguous_rows(gradients[0]), query_gradient, key_gradient, value_gradient);
    tensor_list result(8);  // by forward's arguments
    result[0] = query_gradient.sum_to_size(query.sizes());
    result[1] = key_gradient.sum_to_size(key.sizes());
    result[2] = value_gradient.sum_to_size(value.sizes());
    return result;
  }
};

struct FusedSelfAttention : torch::autograd::Function<FusedSelfAttention> {
  static tensor_list forward(AutogradContext* context, const at::Tensor& projected, int64_t heads,
                             const OptionalTensor& added, const OptionalTensor& lengths,
                             bool causal, bool want_weights, int64_t max_saved) {
    const auto problem = of_packed(projected, heads, added, lengths, causal);
    const auto attended =
        forward_pass(problem, true, want_weights || keeps_weights(problem, max_saved));
    save(context, {projected}, added, lengths, causal, attended);
    context->saved_data["heads"] = heads;
    return outputs(context, attended, want_weights);
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto& projected = saved[5];
    const int64_t heads = context->saved_data["heads"].toInt();
    const auto problem = of_packed(projected, heads, to_optional(saved[0]), to_optional(saved[1]),
                                   context->saved_data["causal"].toBool());
    const auto gradient = at::empty(projected.sizes(), projected.options().requires_grad(false));
    const auto parts = of_packed(gradient, heads, {}, {}, false);
    backward_pass(problem, {.output = saved[2], .statistics = saved[3], .weights = saved[4]},
                  with_contiguous_rows(gradients[0]), parts.query, parts.key, parts.value);
    tensor_list result(7);  // by forward's arguments
    result[0] = gradient;
    return result;
  }
};

// A mask as float32 numbers that are added to the scores: 0 and -inf for a boolean one.
at::Tensor as_numbers(const at::Tensor& mask) {
  if (mask.scalar_type() != at::kBool) return mask.to(at::kFloat);
  return at::zeros(mask.sizes(), at::kFloat)
      .masked_fill(mask.logical_not(), -std::numeric_limits<double>::infinity());
}

OptionalTensor combine_mask_and_bias(const AttentionInput& input) {
  at::Tensor added = input.bias;
  if (input.mask.defined()) {
    const auto mask = as_numbers(input.mask);
    added = added.defined() ? added + mask : mask;
  }
  return added.defined() ? OptionalTensor(added.detach()) : std::nullopt;
}

OptionalTensor read_lengths(const AttentionInput& input) {
  if (!input.lengths.defined()) return std::nullopt;
  return input.lengths.to(at::kCPU, at::kLong).contiguous();
}

AttentionResult make_result(const tensor_list& outputs) {
  return {.output = outputs[0], .weights = outputs.size() > 1 ? outputs[1] : at::Tensor()};
}

AttentionResult without_gradient(const Problem& problem, bool want_weights) {
  const auto attended = forward_pass(problem, false, want_weights);
  return {.output = attended.output, .weights = attended.weights};
}

}  // namespace

AttentionResult fused_attention(const AttentionInput& input, const AttentionSettings& settings) {
  const auto added = combine_mask_and_bias(input), lengths = read_lengths(input);
  const bool gradient =
      at::GradMode::is_enabled() &&
      (input.query.requires_grad() || input.key.requires_grad() || input.value.requires_grad());
  if (!gradient)
    return without_gradient(
        expanded(input.query, input.key, input.value, added, lengths, input.causal),
        settings.weights);
  return make_result(FusedAttention::apply(input.query, input.key, input.value, added, lengths,
                                           input.causal, settings.weights, settings.max_saved));
}

AttentionResult fused_self_attention(const at::Tensor& projected, int64_t heads,
                                     const AttentionInput& input,
                                     const AttentionSettings& settings) {
  const auto added = combine_mask_and_bias(input), lengths = read_lengths(input);
  if (!at::GradMode::is_enabled() || !projected.requires_grad())
    return without_gradient(of_packed(projected, heads, added, lengths, input.causal),
                            settings.weights);
  return make_result(FusedSelfAttention::apply(projected, heads, added, lengths, input.causal,
                                               settings.weights, settings.max_saved));
}

}  // namespace heed
