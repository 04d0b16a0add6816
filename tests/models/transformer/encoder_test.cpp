#include "models/transformer/encoder.h"

#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/nn/modules/transformerlayer.h>

#include <limits>

#include "models/attention/attention_mask.h"
#include "tests/models/closeness.h"

namespace heed {
namespace {

EncoderOptions small(bool norm_first, Activation activation = Activation::relu) {
  return {.layers = 1,
          .width = 12,
          .heads = 3,
          .feed_forward = 20,
          .activation = activation,
          .norm_first = norm_first};
}

/// A LibTorch layer with the weights of ours, and the parameters of both in the same order.
struct Pair {
  EncoderLayer ours;
  torch::nn::TransformerEncoderLayer theirs;
  std::vector<at::Tensor> our_leaves, their_leaves;

  Pair(const EncoderOptions& options, bool gelu)
      : ours(options, 0),
        theirs(torch::nn::TransformerEncoderLayerOptions(options.width, options.heads)
                   .dim_feedforward(options.feed_forward)
                   .dropout(0)) {
    if (gelu) theirs->options.activation(torch::kGELU);
    ours->to(at::kDouble);
    theirs->to(at::kDouble);
    our_leaves = {ours->attention->input_weight,     ours->attention->input_bias,
                  ours->attention->output_weight,    ours->attention->output_bias,
                  ours->feed_forward->inner->weight, ours->feed_forward->inner->bias,
                  ours->feed_forward->outer->weight, ours->feed_forward->outer->bias,
                  ours->attention_norm->weight,      ours->attention_norm->bias,
                  ours->feed_forward_norm->weight,   ours->feed_forward_norm->bias};
    their_leaves = {theirs->self_attn->in_proj_weight,
                    theirs->self_attn->in_proj_bias,
                    theirs->self_attn->out_proj->weight,
                    theirs->self_attn->out_proj->bias,
                    theirs->linear1->weight,
                    theirs->linear1->bias,
                    theirs->linear2->weight,
                    theirs->linear2->bias,
                    theirs->norm1->weight,
                    theirs->norm1->bias,
                    theirs->norm2->weight,
                    theirs->norm2->bias};
    at::NoGradGuard guard;
    for (size_t i = 0; i < our_leaves.size(); ++i) {
      our_leaves[i].normal_(0, 0.5);
      their_leaves[i].copy_(our_leaves[i]);
    }
  }

  /// The pre-norm order, put together from LibTorch's own modules.
  at::Tensor their_pre_norm(const at::Tensor& input, const at::Tensor& mask) {
    const auto normed = theirs->norm1->forward(input).transpose(0, 1);
    const auto attended =
        std::get<0>(theirs->self_attn->forward(normed, normed, normed, {}, true, mask));
    const auto middle = input + attended.transpose(0, 1);
    return middle + theirs->linear2->forward(
                        theirs->linear1->forward(theirs->norm2->forward(middle)).relu());
  }
};

void expect_same(const at::Tensor& ours, const at::Tensor& theirs, Pair& pair,
                 const at::Tensor& input) {
  EXPECT_TRUE(close(ours, theirs, output_tolerance));
  auto our_leaves = pair.our_leaves, their_leaves = pair.their_leaves;
  our_leaves.push_back(input);
  their_leaves.push_back(input);
  const auto our_gradients = torch::autograd::grad({weighed_sum(ours)}, our_leaves);
  const auto their_gradients = torch::autograd::grad({weighed_sum(theirs)}, their_leaves);
  for (size_t i = 0; i < our_leaves.size(); ++i)
    EXPECT_TRUE(close(our_gradients[i], their_gradients[i], gradient_tolerance)) << "leaf " << i;
}

TEST(EncoderLayer, PostNormEqualsLibTorchsLayerInOutputAndEveryGradient) {
  at::manual_seed(1);
  for (const bool gelu : {false, true})
    for (const int64_t batch : {1, 3})
      for (const int64_t length : {1, 5, 17}) {
        Pair pair(small(false, gelu ? Activation::gelu : Activation::relu), gelu);
        const auto input = random_input({batch, length, 12});
        const auto lengths = at::randint(1, length + 1, {batch}, at::kLong);
        const auto mask = padding_mask(lengths, length);
        const auto ours = pair.ours->forward(input, mask);
        const auto theirs =
            pair.theirs
                ->forward(input.transpose(0, 1), {}, mask.view({batch, length}).logical_not())
                .transpose(0, 1);
        expect_same(ours, theirs, pair, input);
      }
}

TEST(EncoderLayer, PreNormEqualsTheSameOrderOfLibTorchsModules) {
  at::manual_seed(2);
  for (const int64_t length : {1, 4, 17}) {
    Pair pair(small(true), false);
    const auto input = random_input({2, length, 12});
    const auto mask = causal_mask(length, length);
    const auto added =
        at::zeros({length, length}, at::kDouble)
            .masked_fill(mask.logical_not(), -std::numeric_limits<double>::infinity());
    expect_same(pair.ours->forward(input, mask), pair.their_pre_norm(input, added), pair, input);
  }
}

TEST(EncoderLayer, WithoutFeedForwardNetworkIsItsAttentionBlockAlone) {
  at::manual_seed(5);
  for (const bool norm_first : {true, false}) {
    auto options = small(norm_first);
    const auto with = EncoderLayer(options, 0);
    options.feed_forward = 0;
    EncoderLayer layer(options, 0);
    layer->to(at::kDouble);
    EXPECT_EQ(layer->parameters().size(), 6U);  // four of attention, two of its norm
    EXPECT_EQ(with->parameters().size(), 12U);
    const auto x = at::randn({2, 5, 12}, at::kDouble);
    const auto causal = causal_mask(5, 5);
    const auto read = norm_first ? layer->attention_norm->forward(x) : x;
    const auto sum = x + layer->attention->forward(read, read, read, causal).output;
    EXPECT_TRUE(close(layer->forward(x, causal),
                      norm_first ? sum : layer->attention_norm->forward(sum), 1e-12));
  }
}

TEST(Encoder, StacksItsLayersAndEndsAPreNormStackWithANorm) {
  at::manual_seed(3);
  for (const bool norm_first : {true, false}) {
    auto options = small(norm_first);
    options.layers = 3;
    Encoder encoder(options);
    encoder->to(at::kDouble);
    const auto input = at::randn({2, 5, 12}, at::kDouble);
    auto expected = input;
    for (auto& layer : encoder->layers) expected = layer->forward(expected);
    if (norm_first) expected = at::layer_norm(expected, {12});
    EXPECT_TRUE(close(encoder->forward(input), expected, 1e-12));
    EXPECT_EQ(encoder->final_norm.is_empty(), !norm_first);
  }
}

TEST(Encoder, PaddedEqualsUnpadded) {
  at::manual_seed(4);
  auto options = small(true);
  options.layers = 2;
  Encoder encoder(options);
  encoder->to(at::kDouble);
  const auto row = at::randn({1, 4, 12}, at::kDouble);
  const auto padded = at::cat({row, at::randn({1, 3, 12}, at::kDouble)}, 1);
  const auto mask = padding_mask(at::tensor({4}, at::kLong), 7);
  EXPECT_TRUE(close(encoder->forward(padded, mask).narrow(1, 0, 4), encoder->forward(row), 1e-12));
}

}  // namespace
}  // namespace heed
