#include "models/transformer/decoder.h"

#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/nn/modules/transformerlayer.h>

#include "models/attention/attention_mask.h"
#include "tests/models/closeness.h"

namespace heed {
namespace {

constexpr int64_t width = 12, heads = 3, hidden = 20;

EncoderOptions options(bool norm_first) {
  return {.layers = 1,
          .width = width,
          .heads = heads,
          .feed_forward = hidden,
          .activation = Activation::relu,
          .norm_first = norm_first};
}

void copy(MultiHeadAttention& ours, torch::nn::MultiheadAttention& theirs) {
  theirs->in_proj_weight.copy_(ours->input_weight);
  theirs->in_proj_bias.copy_(ours->input_bias);
  theirs->out_proj->weight.copy_(ours->output_weight);
  theirs->out_proj->bias.copy_(ours->output_bias);
}

void copy(torch::nn::Linear& ours, torch::nn::Linear& theirs) {
  theirs->weight.copy_(ours->weight);
  theirs->bias.copy_(ours->bias);
}

void copy(LayerNorm& ours, torch::nn::LayerNorm& theirs) {
  theirs->weight.copy_(ours->weight);
  theirs->bias.copy_(ours->bias);
}

TEST(DecoderLayer, EqualsLibTorchsInOutputAndInputGradients) {
  at::manual_seed(1);
  DecoderLayer ours(options(/*norm_first=*/false), 0);
  torch::nn::TransformerDecoderLayer theirs(
      torch::nn::TransformerDecoderLayerOptions(width, heads).dim_feedforward(hidden).dropout(0));
  ours->to(at::kDouble);
  theirs->to(at::kDouble);
  {
    at::NoGradGuard guard;
    for (auto& parameter : ours->parameters()) parameter.normal_();
    copy(ours->self_attention, theirs->self_attn);
    copy(ours->cross_attention, theirs->multihead_attn);
    copy(ours->feed_forward->inner, theirs->linear1);
    copy(ours->feed_forward->outer, theirs->linear2);
    copy(ours->self_attention_norm, theirs->norm1);
    copy(ours->cross_attention_norm, theirs->norm2);
    copy(ours->feed_forward_norm, theirs->norm3);
  }
  const auto input = random_input({2, 5, width}), memory = random_input({2, 7, width});
  const auto causal = causal_mask(5, 5);
  const auto padding = padding_mask(at::tensor({7, 4}, at::kLong), 7);
  const auto output = ours->forward(input, {.states = memory, .mask = padding}, causal);
  const auto expected = theirs
                            ->forward(input.transpose(0, 1), memory.transpose(0, 1),
                                      at::zeros({5, 5}, at::kDouble)
                                          .masked_fill(causal.logical_not(),
                                                       -std::numeric_limits<double>::infinity()),
                                      {}, {}, padding.view({2, 7}).logical_not())
                            .transpose(0, 1);
  EXPECT_TRUE(close(output, expected, output_tolerance));
  const auto our_gradients = torch::autograd::grad({weighed_sum(output)}, {input, memory});
  const auto their_gradients = torch::autograd::grad({weighed_sum(expected)}, {input, memory});
  for (const size_t i : {0u, 1u})
    EXPECT_TRUE(close(our_gradients[i], their_gradients[i], gradient_tolerance)) << i;
}

TEST(DecoderLayer, PreNormFollowsItsFormula) {
  at::manual_seed(2);
  DecoderLayer layer(options(/*norm_first=*/true), 0);
  layer->to(at::kDouble);
  const auto memory = at::randn({1, 4, width}, at::kDouble);
  const auto x = at::randn({1, 3, width}, at::kDouble);
  const auto causal = causal_mask(3, 3);
  const auto a = layer->self_attention_norm->forward(x);
  const auto y = x + layer->self_attention->forward(a, a, a, causal).output;
  const auto z =
      y + layer->cross_attention->forward(layer->cross_attention_norm->forward(y), memory, memory)
              .output;
  const auto expected = z + layer->feed_forward->forward(layer->feed_forward_norm->forward(z));
  EXPECT_TRUE(close(layer->forward(x, {.states = memory}, causal), expected, 1e-12));
}

TEST(DecoderLayer, WithoutFeedForwardNetworkIsItsTwoAttentionBlocksAlone) {
  at::manual_seed(4);
  auto without = options(/*norm_first=*/true);
  without.feed_forward = 0;
  DecoderLayer layer(without, 0);
  layer->to(at::kDouble);
  EXPECT_EQ(layer->parameters().size(), 12U);  // two attentions of four, two norms of two
  const auto memory = at::randn({1, 4, width}, at::kDouble);
  const auto x = at::randn({1, 3, width}, at::kDouble);
  const auto causal = causal_mask(3, 3);
  const auto a = layer->self_attention_norm->forward(x);
  const auto y = x + layer->self_attention->forward(a, a, a, causal).output;
  const auto z =
      y + layer->cross_attention->forward(layer->cross_attention_norm->forward(y), memory, memory)
              .output;
  EXPECT_TRUE(close(layer->forward(x, {.states = memory}, causal), z, 1e-12));
}

TEST(DecoderLayer, ReadsTheSourceOnceWhereItIsCached) {
  at::manual_seed(3);
  at::NoGradGuard guard;
  DecoderLayer layer(options(/*norm_first=*/true), 0);
  layer->eval();
  const auto memory = at::randn({2, 4, width}), x = at::randn({2, 2, width});
  const auto whole = layer->forward(x, {.states = memory}, causal_mask(2, 2));
  DecoderCache cache;
  layer->forward(x.narrow(1, 0, 1), {.states = memory}, {}, nullptr, &cache);
  EXPECT_EQ(cache.cross.length(), 4);
  const auto second = layer->forward(x.narrow(1, 1, 1), {}, {}, nullptr, &cache);
  EXPECT_EQ(cache.cross.length(), 4);
  EXPECT_TRUE(close(second, whole.narrow(1, 1, 1), 1e-5));
}

TEST(Decoder, EndsWithANormOnlyInPreNorm) {
  EXPECT_TRUE(Decoder(options(true))->final_norm);
  EXPECT_FALSE(Decoder(options(false))->final_norm);
}

}  // namespace
}  // namespace heed
