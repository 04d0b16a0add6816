#include "models/recurrent/rnn_attention.h"

#include <torch/nn/init.h>

#include <cmath>

#include "models/attention/attention_mask.h"

namespace heed {
namespace {

at::Tensor select_rows(const at::Tensor& tensor, const at::Tensor& rows) {
  return tensor.defined() ? tensor.index_select(0, rows) : tensor;
}

}  // namespace

SourceKeys SourceKeys::rows(const at::Tensor& rows) const {
  const auto kept = select_rows(values, rows);
  return {
      .keys = keys.is_same(values) ? kept : select_rows(keys, rows),
      .values = kept,
      .mask = {.added = select_rows(mask.added, rows), .nowhere = select_rows(mask.nowhere, rows)}};
}

RnnAttentionImpl::RnnAttentionImpl(AttentionScore score, int64_t width) {
  if (score == AttentionScore::dot) return;
  const auto square = torch::nn::LinearOptions(width, width).bias(false);
  query_projection_ = register_module("query_projection", torch::nn::Linear(square));
  key_projection_ = register_module("key_projection", torch::nn::Linear(square));
  score_weight_ = register_parameter("score_weight", at::empty({width}));
  const double bound = 1 / std::sqrt(static_cast<double>(width));
  torch::nn::init::uniform_(score_weight_, -bound, bound);
}

SourceKeys RnnAttentionImpl::prepare(const at::Tensor& memory, const at::Tensor& lengths) {
  const auto values = memory.contiguous();                                        // [B, S, D]
  const auto keys = key_projection_ ? key_projection_->forward(values) : values;  // [B, S, K]
  at::Tensor present;
  if (lengths.defined()) present = padding_mask(lengths, memory.size(1)).flatten(1);  // [B, S]
  return {.keys = keys, .values = values, .mask = softmax_mask(present, keys.options())};
}

AttentionResult RnnAttentionImpl::forward(const at::Tensor& query, const SourceKeys& source) {
  const auto weights = masked_softmax(scores(query, source.keys), source.mask);  // [B, S]
  const auto context = at::bmm(weights.unsqueeze(1), source.values).squeeze(1);  // [B, D]
  return {.output = context, .weights = weights};
}

// [B, D], [B, S, K] -> [B, S]
at::Tensor RnnAttentionImpl::scores(const at::Tensor& query, const at::Tensor& keys) {
  if (!query_projection_) return at::bmm(keys, query.unsqueeze(2)).squeeze(2);
  const auto projected = query_projection_->forward(query).unsqueeze(1);  // [B, 1, K]
  return at::matmul((projected + keys).tanh(), score_weight_);
}

}  // namespace heed
