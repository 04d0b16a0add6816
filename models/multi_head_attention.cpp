#include "models/multi_head_attention.h"

#include <c10/util/StringUtil.h>
#include <torch/nn/init.h>

#include <stdexcept>

namespace heed {
namespace {

void check_input(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                 int64_t width) {
  const auto fits = [width](const at::Tensor& t) { return t.dim() == 3 && t.size(2) == width; };
  const bool batches = fits(query) && fits(key) && fits(value) && query.size(0) == key.size(0);
  if (batches && key.sizes() == value.sizes()) return;
  throw std::invalid_argument(c10::str("multi-head attention of width ", width,
                                       " expects query [B, T, ", width,
                                       "] and key and value [B, S, ", width, "], got ",
                                       query.sizes(), ", ", key.sizes(), " and ", value.sizes()));
}

}  // namespace

MultiHeadAttentionImpl::MultiHeadAttentionImpl(const MultiHeadAttentionOptions& options)
    : options_(options) {
  const int64_t width = options.width;
  if (options.heads < 1 || width < 1 || width % options.heads != 0)
    throw std::invalid_argument(
        c10::str("a width of ", width, " cannot be split into ", options.heads, " equal heads"));
  input_weight = register_parameter("input_weight", at::empty({3 * width, width}));
  output_weight = register_parameter("output_weight", at::empty({width, width}));
  if (options.bias) {
    input_bias = register_parameter("input_bias", at::zeros({3 * width}));
    output_bias = register_parameter("output_bias", at::zeros({width}));
  }
  torch::nn::init::xavier_uniform_(input_weight);
  torch::nn::init::xavier_uniform_(output_weight);
}

AttentionResult MultiHeadAttentionImpl::forward(const at::Tensor& query, const at::Tensor& key,
                                                const at::Tensor& value, const at::Tensor& mask,
                                                KeyValueCache* cache) {
  check_input(query, key, value, options_.width);
  auto heads = project(query, key, value);
  if (cache) {
    if (cache->key.defined()) {
      heads.key = at::cat({cache->key, heads.key}, 2);
      heads.value = at::cat({cache->value, heads.value}, 2);
    }
    *cache = {.key = heads.key, .value = heads.value};
  }
  const double dropout = is_training() ? options_.dropout : 0;
  const auto attended =
      heed::scaled_dot_product_attention(heads.query, heads.key, heads.value, mask, dropout);
  const auto joined = attended.output.transpose(1, 2).reshape(query.sizes());  // [B, T, D]
  return {.output = at::linear(joined, output_weight, output_bias), .weights = attended.weights};
}

MultiHeadAttentionImpl::Heads MultiHeadAttentionImpl::project(const at::Tensor& query,
                                                              const at::Tensor& key,
                                                              const at::Tensor& value) const {
  if (!query.is_same(key) || !key.is_same(value))
    return {project_one(query, 0), project_one(key, 1), project_one(value, 2)};
  // Self-attention: one product instead of three.
  const int64_t batch = query.size(0), length = query.size(1);
  const auto parts = at::linear(query, input_weight, input_bias)  // [B, T, 3 D]
                         .view({batch, length, 3, options_.heads, options_.width / options_.heads})
                         .permute({2, 0, 3, 1, 4})  // [3, B, H, T, K]
                         .unbind(0);
  return {parts[0], parts[1], parts[2]};
}

at::Tensor MultiHeadAttentionImpl::project_one(const at::Tensor& input, int64_t which) const {
  const int64_t width = options_.width;
  const auto weight = input_weight.narrow(0, which * width, width);
  const auto bias = options_.bias ? input_bias.narrow(0, which * width, width) : at::Tensor();
  return at::linear(input, weight, bias)
      .view({input.size(0), input.size(1), options_.heads, width / options_.heads})
      .transpose(1, 2);  // [B, H, T, K]
}

}  // namespace heed
