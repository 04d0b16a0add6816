#include <ATen/core/grad_mode.h>

#include <gtest/gtest.h>

#include "models/dispatch.h"
#include "models/transformer/transformer.h"
#include "tests/models/closeness.h"

namespace heed {
namespace {

constexpr int64_t vocabulary = 11;

std::shared_ptr<Transformer> make(TransformerOptions options, int64_t length = 80) {
  options.layers = 2;
  options.heads = 3;
  options.d_model = 18;
  at::manual_seed(1);
  auto model = std::make_shared<Transformer>(
      options,
      SequenceShape{.vocabulary = vocabulary, .output_width = vocabulary, .max_length = length});
  const at::NoGradGuard guard;
  for (auto& parameter : model->parameters()) parameter.normal_(0, 0.4);
  model->eval();
  return model;
}

/// The answers [B, T, V] to tokens [B, T], read one by one.
at::Tensor stepped(SequenceModel& model, const at::Tensor& tokens, Kernels kernels) {
  const at::NoGradGuard guard;
  const ComputeScope scope({.kernels = kernels});
  const auto state = model.initial_state(tokens.size(0));
  std::vector<at::Tensor> answers;
  for (int64_t t = 0; t < tokens.size(1); ++t)
    answers.push_back(model.step(tokens.select(1, t), *state));
  return at::stack(answers, 1);
}

std::vector<TransformerOptions> variants() {
  std::vector<TransformerOptions> all;
  for (const auto norm : {NormPlacement::pre, NormPlacement::post})
    for (const std::string position : {"none", "learned", "rotary", "relative"})
      for (const bool plain : {false, true})
        all.push_back({.feed_forward = position != "none" || plain,
                       .position = position,
                       .activation = plain ? Activation::gelu : Activation::squared_relu,
                       .norm = norm,
                       .norm_type = plain ? NormType::layer : NormType::rms,
                       .query_key_norm = !plain,
                       .bias = plain});
  return all;
}

TEST(DecodeLayer, EqualsTensorOperations) {
  for (const auto& options : variants()) {
    const auto model = make(options);
    const int64_t length = options.position == "learned" ? 70 : 9;  // beyond a cache's first buffer
    const auto tokens = at::randint(vocabulary, {2, length}, at::kLong);
    EXPECT_TRUE(close(stepped(*model, tokens, Kernels::fused),
                      stepped(*model, tokens, Kernels::reference), 1e-4))
        << enum_name(options.norm) << " " << options.position << " "
        << enum_name(options.norm_type);
  }
}

TEST(DecodeLayer, EqualsOnePassOverAllTokens) {
  const auto tokens = at::randint(vocabulary, {3, 20}, at::kLong);
  for (const auto& options : variants()) {
    const auto model = make(options);
    const at::NoGradGuard guard;
    EXPECT_TRUE(
        close(stepped(*model, tokens, Kernels::fused), model->forward({.values = tokens}), 1e-4))
        << enum_name(options.norm) << " " << options.position << " "
        << enum_name(options.norm_type);
  }
}

TEST(DecodeLayer, RunsForOnePositionWithoutGradients) {
  EncoderLayer layer(EncoderOptions{.width = 8, .heads = 2, .feed_forward = 8}, 0);
  layer->eval();
  at::Tensor key, value;
  bool extended = false;
  const auto runs = [&](const at::Tensor& input) {
    const fused::TransformerLayer view{
        .attention = layer->attention->block(layer->attention_norm->view(), 1),
        .feed_forward = {},
        .norm_first = true};
    extended = false;
    const auto output = fused::try_decode_layer({}, input, view, [&] {
      extended = true;
      key = at::zeros({1, 2, 1, 4}), value = at::zeros({1, 2, 1, 4});
      return fused::KeysAndValues{key, value};
    });
    EXPECT_EQ(output.has_value(), extended);
    return output.has_value();
  };
  const auto input = at::randn({1, 1, 8});
  EXPECT_FALSE(runs(input));
  const at::NoGradGuard guard;
  EXPECT_TRUE(runs(input));
  EXPECT_GT(key.abs().max().item<float>(), 0);
  EXPECT_FALSE(runs(at::randn({1, 2, 8})));
  const ComputeScope scope({.kernels = Kernels::reference});
  EXPECT_FALSE(runs(input));
}

}  // namespace
}  // namespace heed
