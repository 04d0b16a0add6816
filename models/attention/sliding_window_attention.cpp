#include "models/attention/sliding_window_attention.h"

#include <c10/util/StringUtil.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "models/attention/attention_mask.h"

namespace heed {
namespace {

/// T positions in N blocks of C = min(W, T), the last one padded. A block of queries sees `seen`
/// blocks of keys: the one before, its own and, unless causal, the one after.
struct Blocks {
  int64_t length;                            // T
  int64_t window;                            // W
  int64_t seen;                              // 2 or 3
  int64_t width = std::min(window, length);  // C

  int64_t count() const { return (length + width - 1) / width; }  // N
  int64_t padding() const { return count() * width - length; }

  // [B, H, T, K] -> [B, N, H, C, K]
  at::Tensor cut_queries(const at::Tensor& heads) const {
    const auto full = padding() > 0 ? at::constant_pad_nd(heads, {0, 0, 0, padding()}) : heads;
    return full.unflatten(2, {count(), width}).transpose(1, 2);
  }

  // [B, H, T, K] -> [B, N, H, seen W, K]
  at::Tensor cut_keys(const at::Tensor& heads) const {
    const auto own = cut_queries(heads);
    const auto nothing = at::zeros_like(own.narrow(1, 0, 1));
    std::vector<at::Tensor> parts = {at::cat({nothing, own.narrow(1, 0, count() - 1)}, 1), own};
    if (seen == 3) parts.push_back(at::cat({own.narrow(1, 1, count() - 1), nothing}, 1));
    return at::cat(parts, 3);
  }

  // Which keys exist: [B or 1, N, 1, 1, seen C], from a mask [B, 1, 1, T], which may be undefined.
  at::Tensor present(const at::Tensor& mask, at::Device device) const {
    const auto all = at::ones({1, 1, length, 1}, at::TensorOptions(at::kBool).device(device));
    const auto keys = mask.defined() ? mask.transpose(2, 3) : all;  // [B or 1, 1, T, 1]
    return cut_keys(keys).transpose(3, 4);
  }

  // Which keys of a block are near enough: [C, seen C]. Query t of the block is key C + t.
  at::Tensor band(bool causal, at::Device device) const {
    const auto options = at::TensorOptions(at::kLong).device(device);
    const auto queries = at::arange(width, 2 * width, options).unsqueeze(1);
    const auto distances = queries - at::arange(seen * width, options);
    const auto near = distances.abs() < window;
    return causal ? near.logical_and(distances >= 0) : near;
  }

  // [B, N, H, C, K] -> [B, H, T, K]
  at::Tensor merge_blocks(const at::Tensor& blocks) const {
    return blocks.transpose(1, 2).flatten(2, 3).narrow(2, 0, length);
  }

  // Weights [B, N, H, C, seen C] -> [B, H, T, T]. The sheet is a block wider on both sides, so that
  // the first and last blocks fit too.
  at::Tensor spread(const at::Tensor& weights) const {
    const int64_t batch = weights.size(0), heads = weights.size(2);
    const int64_t rows = count() * width, columns = rows + 2 * width;
    const auto sheet = at::zeros({batch, heads, rows, columns}, weights.options());
    sheet
        .as_strided({batch, heads, count(), width, seen * width},
                    {heads * rows * columns, rows * columns, width * (columns + 1), columns, 1})
        .copy_(weights.transpose(1, 2));
    return sheet.narrow(2, 0, length).narrow(3, width, length);
  }
};

}  // namespace

AttentionResult sliding_window_attention(const at::Tensor& query, const at::Tensor& key,
                                         const at::Tensor& value, const AttentionMask& mask,
                                         const AttentionPositions* positions,
                                         const AttentionSettings& settings) {
  const bool fits = query.dim() == 4 && key.dim() == 4 && value.dim() == 4 && mask.window > 0 &&
                    query.size(2) == key.size(2);
  if (!fits)
    throw std::invalid_argument(c10::str(
        "sliding window attention expects query, key and value [B, H, T, K] of one length and a "
        "window of at least 1, got ",
        query.sizes(), ", ", key.sizes(), " and a window of ", mask.window));
  const Blocks blocks{query.size(2), mask.window, mask.causal ? 2 : 3};
  AttentionInput input{blocks.cut_queries(query), blocks.cut_keys(key), blocks.cut_keys(value)};
  const auto counted = both_masks(
      mask.mask, limits_mask(/*causal=*/false, mask.lengths, blocks.length, blocks.length));
  input.mask =
      blocks.band(mask.causal, query.device()).logical_and(blocks.present(counted, query.device()));
  if (positions) positions->add_position_bias(input, /*first_query=*/blocks.width);
  const auto attended = attend(input, settings);
  return {.output = blocks.merge_blocks(attended.output),
          .weights = settings.weights ? blocks.spread(attended.weights.detach()) : at::Tensor()};
}

}  // namespace heed
