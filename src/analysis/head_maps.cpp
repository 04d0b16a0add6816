#include "src/analysis/head_maps.h"

#include <sstream>
#include <stdexcept>

namespace heed {
namespace {

void expect(bool holds, const char* what, const at::Tensor& came) {
  if (holds) return;
  std::ostringstream text;
  text << "attention maps: expected " << what << ", got " << came.scalar_type() << " "
       << came.sizes();
  throw std::invalid_argument(text.str());
}

bool is_lengths(const at::Tensor& lengths, int64_t batch) {
  return !lengths.defined() ||
         (lengths.scalar_type() == at::kLong && lengths.sizes() == at::IntArrayRef{batch});
}

bool broadcasts(const at::Tensor& allowed, const at::Tensor& weights) {
  if (allowed.dim() > 4) return false;
  for (int64_t i = 1; i <= allowed.dim(); ++i)
    if (allowed.size(-i) != 1 && allowed.size(-i) != weights.size(-i)) return false;
  return true;
}

// [n]: which of n positions come before each length; `lengths` [B].
at::Tensor before(const at::Tensor& lengths, int64_t n, at::Device device) {
  const auto positions = at::arange(n, at::TensorOptions(at::kLong).device(device));
  return positions < lengths.to(device).unsqueeze(1);  // [B, n]
}

}  // namespace

std::map<LayerId, HeadMaps> head_maps(const AttentionRecorder& recorder,
                                      const SequenceInput& input) {
  std::map<LayerId, HeadMaps> result;
  for (const auto kind : recorder.kinds()) {
    const bool of_source = kind == AttentionKind::encoder, cross = kind == AttentionKind::cross;
    const auto& tokens = of_source ? input.source : input.values;
    HeadMaps maps{.allowed = recorder.allowed(kind),
                  .query_lengths = of_source ? input.source_lengths : input.lengths,
                  .key_lengths = of_source || cross ? input.source_lengths : input.lengths,
                  .self = !cross};
    if (!cross && tokens.scalar_type() == at::kLong) maps.tokens = tokens;
    const auto layers = recorder.stacked(kind);  // [L, B, H, T, S]
    for (int64_t layer = 0; layer < layers.size(0); ++layer) {
      maps.weights = layers[layer];
      result[{kind, layer}] = maps;
    }
  }
  return result;
}

void check(const HeadMaps& maps) {
  const auto& weights = maps.weights;
  if (!weights.defined()) throw std::invalid_argument("attention maps: there are no weights");
  expect(weights.dim() == 4 && weights.is_floating_point(), "weights [B, H, T, S]", weights);
  expect(!maps.self || weights.size(2) == weights.size(3),
         "as many queries as keys, [B, H, T, T], in self-attention", weights);
  if (maps.allowed.defined())
    expect(maps.allowed.scalar_type() == at::kBool && broadcasts(maps.allowed, weights),
           "the allowed keys as bool that broadcasts to the weights", maps.allowed);
  expect(is_lengths(maps.query_lengths, weights.size(0)), "lengths [B] of the queries",
         maps.query_lengths);
  expect(is_lengths(maps.key_lengths, weights.size(0)), "lengths [B] of the keys",
         maps.key_lengths);
  if (maps.tokens.defined())
    expect(maps.self && maps.tokens.scalar_type() == at::kLong &&
               maps.tokens.sizes() == at::IntArrayRef{weights.size(0), weights.size(2)},
           "tokens [B, T], of self-attention", maps.tokens);
}

at::Tensor open_keys(const HeadMaps& maps) {
  const auto& weights = maps.weights;
  const int64_t queries = weights.size(2), keys = weights.size(3);
  auto open = maps.allowed.defined()
                  ? maps.allowed.to(weights.device())
                  : at::ones({1, 1, 1, 1}, weights.options().dtype(at::kBool).requires_grad(false));
  while (open.dim() < 4) open = open.unsqueeze(0);
  open = open.expand({-1, -1, queries, keys});
  if (!maps.key_lengths.defined()) return open;
  const auto real = before(maps.key_lengths, keys, weights.device());  // [B, S]
  return open.logical_and(real.unsqueeze(1).unsqueeze(1));
}

at::Tensor rows_with_keys(const HeadMaps& maps, int64_t at_least) {
  const auto open = open_keys(maps);
  const auto rows = open.sum(-1) >= at_least;
  if (!maps.query_lengths.defined()) return rows;
  const auto real = before(maps.query_lengths, maps.weights.size(2), maps.weights.device());
  return rows.logical_and(real.unsqueeze(1));
}

at::Tensor open_weights(const HeadMaps& maps) {
  const auto type = at::promote_types(maps.weights.scalar_type(), at::kFloat);
  return maps.weights.detach().to(type) * open_keys(maps).to(type);
}

at::Tensor mean_over_rows(const at::Tensor& values, const at::Tensor& rows) {
  const auto counted = rows.expand(values.sizes());
  const auto sum = at::where(counted, values.to(at::kDouble), 0.0).sum(-1);
  return sum / counted.sum(-1).to(at::kDouble);  // 0 / 0 is NaN
}

at::Tensor entropy_of_rows(const at::Tensor& weights) {
  constexpr double tiny = 1e-30;  // so that its logarithm is a number, which 0 then multiplies
  return weights.clamp_min(tiny).log_().mul_(weights).sum(-1).neg_();
}

}  // namespace heed
