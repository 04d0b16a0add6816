#include "train/data/batch.h"

#include <algorithm>

namespace heed {
namespace {

// Applies `change` to every defined tensor of a batch.
template <class Change>
Batch transform_batch(const Batch& batch, const Change& change) {
  const auto apply = [&change](const at::Tensor& t) { return t.defined() ? change(t) : t; };
  return {.input = {.values = apply(batch.input.values),
                    .lengths = apply(batch.input.lengths),
                    .source = apply(batch.input.source),
                    .source_lengths = apply(batch.input.source_lengths)},
          .targets = apply(batch.targets),
          .alignment = apply(batch.alignment),
          .also_aligned = apply(batch.also_aligned),
          .groups = apply(batch.groups)};
}

}  // namespace

Batch Batch::narrow(int64_t first, int64_t count) const {
  return transform_batch(*this, [&](const at::Tensor& t) { return t.narrow(0, first, count); });
}

Batch Batch::to(const at::TensorOptions& options) const {
  auto moved = transform_batch(*this, [&](const at::Tensor& t) { return t.to(options.device()); });
  auto& values = moved.input.values;
  if (options.has_dtype() && values.defined() && values.is_floating_point())
    values = values.to(options.dtype());
  return moved;
}

Batch next_token_batch(const at::Tensor& windows) {
  const int64_t length = windows.size(1) - 1;
  return {.input = {.values = windows.narrow(1, 0, length).contiguous()},
          .targets = windows.narrow(1, 1, length).contiguous()};
}

Batch next_token_batch(const std::vector<std::vector<int64_t>>& rows) {
  size_t longest = 0;
  for (const auto& row : rows) longest = std::max(longest, row.size());
  const auto batch = static_cast<int64_t>(rows.size()), length = static_cast<int64_t>(longest) - 1;
  auto values = at::zeros({batch, length}, at::kLong);
  auto targets = at::full({batch, length}, not_scored, at::kLong);
  auto lengths = at::empty({batch}, at::kLong);
  for (int64_t b = 0; b < batch; ++b) {
    const auto& row = rows[static_cast<size_t>(b)];
    std::copy(row.begin(), row.end() - 1, values.data_ptr<int64_t>() + b * length);
    std::copy(row.begin() + 1, row.end(), targets.data_ptr<int64_t>() + b * length);
    lengths.data_ptr<int64_t>()[b] = static_cast<int64_t>(row.size()) - 1;
  }
  const bool padded = lengths.min().item<int64_t>() < length;
  return {.input = {.values = values, .lengths = padded ? lengths : at::Tensor()},
          .targets = targets};
}

Batch adjoining_blocks(const at::Tensor& tokens, int64_t context, int64_t first, int64_t count) {
  auto values = at::zeros({count, context}, at::kLong);
  auto targets = at::full({count, context}, not_scored, at::kLong);
  for (int64_t row = 0; row < count; ++row) {
    const int64_t start = (first + row) * context;
    const int64_t length = std::min(context, tokens.size(0) - 1 - start);
    values[row].narrow(0, 0, length).copy_(tokens.narrow(0, start, length));
    targets[row].narrow(0, 0, length).copy_(tokens.narrow(0, start + 1, length));
  }
  return {.input = {.values = values}, .targets = targets};
}

int64_t adjoining_block_count(const at::Tensor& tokens, int64_t context) {
  return std::max<int64_t>(0, (tokens.size(0) - 1 + context - 1) / context);
}

SequenceInput one_row(const SequenceInput& batch, int64_t row) {
  const auto cut = [row](const at::Tensor& values, const at::Tensor& lengths) {
    if (!values.defined()) return values;
    const auto one = values.narrow(0, row, 1);
    return lengths.defined() ? one.narrow(1, 0, lengths[row].item<int64_t>()) : one;
  };
  return {.values = cut(batch.values, batch.lengths),
          .source = cut(batch.source, batch.source_lengths)};
}

}  // namespace heed
