#include "models/attention/multi_head_attention.h"

#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/nn/modules/activation.h>

#include <cmath>
#include <limits>
#include <tuple>

#include "models/attention/attention_mask.h"
#include "tests/models/closeness.h"

namespace heed {
namespace {

enum class Mask { none, causal, additive, padding };

struct MultiHeadAttentionCase {
  int64_t batch, heads, queries, keys;
  bool bias, self;
  Mask mask;
};

std::ostream& operator<<(std::ostream& out, const MultiHeadAttentionCase& c) {
  return out << "batch " << c.batch << ", heads " << c.heads << ", lengths " << c.queries << " and "
             << c.keys << (c.bias ? ", biases" : ", no biases") << (c.self ? ", self" : ", cross")
             << ", mask " << static_cast<int>(c.mask);
}

/// Ours and LibTorch's with the same weights.
struct Pair {
  MultiHeadAttention ours;
  torch::nn::MultiheadAttention theirs;

  Pair(int64_t width, int64_t heads, bool bias)
      : ours(MultiHeadAttentionOptions{.width = width, .heads = heads, .bias = bias}),
        theirs(torch::nn::MultiheadAttentionOptions(width, heads).bias(bias)) {
    ours->to(at::kDouble);
    theirs->to(at::kDouble);
    at::NoGradGuard guard;
    if (bias) {
      ours->input_bias.normal_();
      ours->output_bias.normal_();
      theirs->in_proj_bias.copy_(ours->input_bias);
      theirs->out_proj->bias.copy_(ours->output_bias);
    }
    theirs->in_proj_weight.copy_(ours->input_weight);
    theirs->out_proj->weight.copy_(ours->output_weight);
  }

  std::vector<at::Tensor> our_parameters() const {
    std::vector<at::Tensor> result = {ours->input_weight, ours->output_weight};
    if (ours->input_bias.defined())
      result.insert(result.end(), {ours->input_bias, ours->output_bias});
    return result;
  }

  std::vector<at::Tensor> their_parameters() const {
    std::vector<at::Tensor> result = {theirs->in_proj_weight, theirs->out_proj->weight};
    if (ours->input_bias.defined())
      result.insert(result.end(), {theirs->in_proj_bias, theirs->out_proj->bias});
    return result;
  }
};

struct Masks {
  at::Tensor ours;         // as heed takes it
  at::Tensor added;        // LibTorch's attn_mask [T, S]
  at::Tensor hidden_keys;  // LibTorch's key_padding_mask [B, S]
};

Masks make_masks(const MultiHeadAttentionCase& c) {
  const double infinity = std::numeric_limits<double>::infinity();
  Masks masks;
  if (c.mask == Mask::causal) {
    masks.ours = causal_mask(c.queries, c.keys);
    masks.added = at::zeros({c.queries, c.keys}, at::kDouble)
                      .masked_fill(masks.ours.logical_not(), -infinity);
  } else if (c.mask == Mask::additive) {
    masks.ours = masks.added = at::randn({c.queries, c.keys}, at::kDouble);
  } else if (c.mask == Mask::padding) {
    const auto lengths = at::randint(1, c.keys + 1, {c.batch}, at::kLong);
    masks.ours = padding_mask(lengths, c.keys);
    masks.hidden_keys = masks.ours.view({c.batch, c.keys}).logical_not();
  }
  return masks;
}

void compare(const MultiHeadAttentionCase& c) {
  const int64_t width = 8 * c.heads;
  Pair pair(width, c.heads, c.bias);
  const auto masks = make_masks(c);
  const auto query = random_input({c.batch, c.queries, width});
  const auto key = c.self ? query : random_input({c.batch, c.keys, width});
  const auto value = c.self ? query : random_input({c.batch, c.keys, width});

  const auto ours = pair.ours->forward(query, key, value, masks.ours);
  const auto [their_output, their_weights] = pair.theirs->forward(
      query.transpose(0, 1), key.transpose(0, 1), value.transpose(0, 1), masks.hidden_keys,
      /*need_weights=*/true, masks.added, /*average_attn_weights=*/false);
  EXPECT_TRUE(close(ours.output, their_output.transpose(0, 1), output_tolerance)) << c;
  EXPECT_TRUE(close(ours.weights, their_weights, output_tolerance)) << c;

  auto our_leaves = pair.our_parameters(), their_leaves = pair.their_parameters();
  for (const auto& input : c.self ? std::vector{query} : std::vector{query, key, value}) {
    our_leaves.push_back(input);
    their_leaves.push_back(input);
  }
  const auto our_gradients = torch::autograd::grad({weighed_sum(ours.output)}, our_leaves);
  const auto their_gradients =
      torch::autograd::grad({weighed_sum(their_output.transpose(0, 1))}, their_leaves);
  for (size_t i = 0; i < our_leaves.size(); ++i)
    EXPECT_TRUE(close(our_gradients[i], their_gradients[i], gradient_tolerance))
        << c << ", leaf " << i;
}

TEST(MultiHeadAttention, EqualsLibTorchsInOutputsWeightsAndEveryGradient) {
  at::manual_seed(1);
  for (const int64_t batch : {1, 2, 3})
    for (const int64_t heads : {1, 2, 3, 5, 8})
      for (const int64_t queries : {1, 2, 9, 17})
        for (const bool bias : {false, true})
          for (const bool self : {false, true})
            for (const Mask mask : {Mask::none, Mask::causal, Mask::additive, Mask::padding})
              compare({.batch = batch,
                       .heads = heads,
                       .queries = queries,
                       .keys = self ? queries : queries + 3,
                       .bias = bias,
                       .self = self,
                       .mask = mask});
}

TEST(MultiHeadAttention, AsOneProductEqualsALoopOverHeadsWithSlicesOfTheWeights) {
  at::manual_seed(2);
  const int64_t width = 12, heads = 3, head = width / heads;
  MultiHeadAttention attention(
      MultiHeadAttentionOptions{.width = width, .heads = heads, .bias = false});
  attention->to(at::kDouble);
  const auto x = at::randn({1, 5, width}, at::kDouble);
  std::vector<at::Tensor> outputs;
  for (int64_t h = 0; h < heads; ++h) {
    const auto project = [&](int64_t which) {
      return at::matmul(x, attention->input_weight.narrow(0, which * width + h * head, head).t());
    };
    outputs.push_back(
        heed::scaled_dot_product_attention(project(0), project(1), project(2)).output);
  }
  const auto expected = at::matmul(at::cat(outputs, -1), attention->output_weight.t());
  EXPECT_TRUE(close(attention->forward(x, x, x).output, expected, 1e-12));
}

TEST(MultiHeadAttention, ACacheGivesStepByStepWhatOnePassGives) {
  at::manual_seed(3);
  MultiHeadAttention attention(MultiHeadAttentionOptions{.width = 8, .heads = 2});
  attention->to(at::kDouble);
  const auto x = at::randn({2, 6, 8}, at::kDouble);
  const auto whole = attention->forward(x, x, x, causal_mask(6, 6)).output;
  KeyValueCache cache;
  for (int64_t t = 0; t < 6; ++t) {
    const auto one = x.narrow(1, t, 1);
    const auto output = attention->forward(one, one, one, {}, &cache).output;
    EXPECT_TRUE(close(output, whole.narrow(1, t, 1), 1e-12)) << "position " << t;
  }
}

TEST(MultiHeadAttention, DropoutActsOnlyWhileTraining) {
  at::manual_seed(4);
  MultiHeadAttention attention(MultiHeadAttentionOptions{.width = 8, .heads = 2, .dropout = 0.5});
  const auto x = at::randn({1, 9, 8});
  const auto first = attention->forward(x, x, x).output;
  EXPECT_FALSE(first.equal(attention->forward(x, x, x).output));
  attention->eval();
  EXPECT_TRUE(attention->forward(x, x, x).output.equal(attention->forward(x, x, x).output));
}

TEST(MultiHeadAttention, RefusesAWidthThatTheHeadsDoNotDivideAndInputsThatDoNotFit) {
  EXPECT_THROW(MultiHeadAttention(MultiHeadAttentionOptions{.width = 10, .heads = 3}),
               std::invalid_argument);
  MultiHeadAttention attention(MultiHeadAttentionOptions{.width = 4, .heads = 2});
  const auto x = at::ones({1, 3, 4});
  EXPECT_THROW(attention->forward(x, x, at::ones({1, 2, 4})), std::invalid_argument);
  EXPECT_THROW(attention->forward(x, at::ones({2, 3, 4}), at::ones({2, 3, 4})),
               std::invalid_argument);
  EXPECT_THROW(attention->forward(at::ones({3, 4}), x, x), std::invalid_argument);
}

TEST(MultiHeadAttention, QueryKeyNormMakesEachHeadsQueriesAndKeysEquallyLong) {
  at::manual_seed(31);
  const MultiHeadAttentionOptions options{
      .width = 6, .heads = 2, .bias = false, .query_key_norm = true};
  MultiHeadAttention attention(options);
  attention->to(at::kDouble);
  {
    at::NoGradGuard guard;
    attention->query_scale.copy_(at::tensor({0.5, 3.0}, at::kDouble));
  }
  const auto input = random_input({2, 5, 6});
  const auto unit = [](const at::Tensor& x) {  // of root mean square 1
    return x / ((x * x).mean(-1, true) + 1e-5).sqrt();
  };
  std::vector<at::Tensor> heads;
  for (int64_t head = 0; head < 2; ++head) {
    const auto part = [&](int64_t which) {
      return at::linear(input, attention->input_weight.narrow(0, which * 6 + head * 3, 3));
    };
    const auto scores =
        at::matmul(unit(part(0)) * attention->query_scale[head], unit(part(1)).transpose(1, 2)) /
        std::sqrt(3.0);
    heads.push_back(at::matmul(scores.softmax(-1), part(2)));
  }
  const auto expected = at::linear(at::cat(heads, -1), attention->output_weight);
  const auto output = attention->forward(input, input, input).output;
  EXPECT_TRUE(close(output, expected, output_tolerance));
  auto inputs = attention->parameters();
  inputs.push_back(input);
  const auto ours = torch::autograd::grad({weighed_sum(output)}, inputs);
  const auto theirs = torch::autograd::grad({weighed_sum(expected)}, inputs);
  for (size_t i = 0; i < inputs.size(); ++i)
    EXPECT_TRUE(close(ours[i], theirs[i], gradient_tolerance)) << "input " << i;
}

}  // namespace
}  // namespace heed
