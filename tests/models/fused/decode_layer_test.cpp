#include "models/fused/decode_layer.h"

#include <ATen/core/grad_mode.h>

#include <gtest/gtest.h>

#include "models/fused/compute.h"
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
at::Tensor stepped(SequenceModel& model, const at::Tensor& tokens, bool fused) {
  const at::NoGradGuard guard;
  const ComputeScope scope({.fused = fused});
  const auto state = model.initial_state(tokens.size(0));
  std::vector<at::Tensor> answers;
  for (int64_t t = 0; t < tokens.size(1); ++t)
    answers.push_back(model.step(tokens.select(1, t), *state));
  return at::stack(answers, 1);
}

std::vector<TransformerOptions> variants() {
  std::vector<TransformerOptions> all;
  for (const std::string norm : {"pre", "post"})
    for (const std::string position : {"none", "learned", "rotary", "relative"})
      for (const bool plain : {false, true})
        all.push_back({.feed_forward = position != "none" || plain,
                       .position = position,
                       .activation = plain ? "gelu" : "squared_relu",
                       .norm = norm,
                       .norm_type = plain ? "layer" : "rms",
                       .query_key_norm = !plain,
                       .bias = plain});
  return all;
}

TEST(DecodeLayer, AnswersAsTensorOperationsDo) {
  for (const auto& options : variants()) {
    const auto model = make(options);
    const int64_t length = options.position == "learned" ? 70 : 9;  // beyond a cache's first room
    const auto tokens = at::randint(vocabulary, {2, length}, at::kLong);
    EXPECT_TRUE(close(stepped(*model, tokens, true), stepped(*model, tokens, false), 1e-4))
        << options.norm << " " << options.position << " " << options.norm_type;
  }
}

TEST(DecodeLayer, AnswersAsOnePassOverAllTokensDoes) {
  const auto tokens = at::randint(vocabulary, {3, 20}, at::kLong);
  for (const auto& options : variants()) {
    const auto model = make(options);
    const at::NoGradGuard guard;
    EXPECT_TRUE(close(stepped(*model, tokens, true), model->forward({.values = tokens}), 1e-4))
        << options.norm << " " << options.position << " " << options.norm_type;
  }
}

TEST(DecodeLayer, ServesWhereNoGradientIsAskedForAndNothingIsPlacedBetweenHeads) {
  EncoderOptions options{.width = 8, .heads = 2, .feed_forward = 8};
  EncoderLayer layer(options, 0);
  layer->eval();
  const auto input = at::randn({1, 1, 8});
  EXPECT_FALSE(supports_decode_layer(*layer, input));
  const at::NoGradGuard guard;
  EXPECT_TRUE(supports_decode_layer(*layer, input));
  EXPECT_FALSE(supports_decode_layer(*layer, at::randn({1, 2, 8})));
  const ComputeScope scope({.fused = false});
  EXPECT_FALSE(supports_decode_layer(*layer, input));
}

}  // namespace
}  // namespace heed
