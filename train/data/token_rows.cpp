#include "train/data/token_rows.h"

#include <algorithm>

namespace heed {

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

}  // namespace heed
