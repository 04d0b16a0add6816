#include "train/generation.h"

#include <gmock/gmock.h>

#include <cmath>

namespace heed {
namespace {

const std::vector<float> logits = {std::log(0.1f), std::log(0.6f), std::log(0.3f)};

TEST(Generation, DrawsEachTokenAsOftenAsItsProbabilitySays) {
  std::vector<int> counts(3);
  for (int i = 0; i < 1000; ++i)
    ++counts[static_cast<size_t>(draw_token(logits, {}, (i + 0.5) / 1000))];
  EXPECT_THAT(counts, ::testing::ElementsAre(100, 600, 300));
}

TEST(Generation, TemperatureZeroTakesTheLikeliestAndHighOnesFlatten) {
  EXPECT_EQ(draw_token(logits, {.temperature = 0}, 0.99), 1);
  int likeliest = 0;
  for (int i = 0; i < 1000; ++i)
    likeliest += draw_token(logits, {.temperature = 100}, (i + 0.5) / 1000) == 1;
  EXPECT_NEAR(likeliest, 336, 5);
}

TEST(Generation, TopKAndTopPLeaveOnlyTheLikeliest) {
  for (const double uniform : {0.0, 0.3, 0.65, 0.999999}) {
    EXPECT_EQ(draw_token(logits, {.top_k = 1}, uniform), 1);
    EXPECT_NE(draw_token(logits, {.top_k = 2}, uniform), 0);
    EXPECT_EQ(draw_token(logits, {.top_p = 0.5}, uniform), 1);
    EXPECT_NE(draw_token(logits, {.top_p = 0.8}, uniform), 0);
  }
  EXPECT_EQ(draw_token(logits, {.top_k = 2}, 0.7), 2);  // 0.6 / 0.9 is below 0.7
}

std::shared_ptr<SequenceModel> small_model() {
  const auto builder = ModelRegistry::instance().make("transformer");
  OptionList list;
  builder->describe(list);
  *std::get<int64_t*>(list.find("d_model")->target) = 16;
  at::manual_seed(1);
  auto model = builder->build({.vocabulary = 5, .output_width = 5, .max_length = 8});
  at::NoGradGuard guard;
  for (auto& parameter : model->parameters()) parameter.normal_(0, 0.5);
  return model;
}

std::vector<int64_t> generated(SequenceModel& model, const GenerationOptions& options) {
  std::vector<int64_t> tokens;
  generate(model, {1, 2}, options, [&tokens](int64_t token) {
    tokens.push_back(token);
    return true;
  });
  return tokens;
}

TEST(Generation, TheSameSeedGivesTheSameTextAndAnotherSeedAnother) {
  const auto model = small_model();
  const auto first = generated(*model, {.tokens = 30, .seed = 1});
  EXPECT_EQ(first.size(), 30u);
  EXPECT_EQ(first, generated(*model, {.tokens = 30, .seed = 1}));
  EXPECT_NE(first, generated(*model, {.tokens = 30, .seed = 2}));
}

TEST(Generation, TheLikeliestTokensAreThoseOfTheWholeForwardPass) {
  const auto model = small_model();
  auto tokens = std::vector<int64_t>{1, 2};
  const auto greedy = generated(*model, {.tokens = 6, .temperature = 0});
  for (const int64_t token : greedy) {
    const auto output = model->forward({.values = at::tensor(tokens, at::kLong).unsqueeze(0)});
    ASSERT_EQ(token, output[0][-1].argmax().item<int64_t>());
    tokens.push_back(token);
  }
}

TEST(Generation, StopsWhereTheCallbackSaysAndNeedsAPrompt) {
  const auto model = small_model();
  int64_t count = 0;
  generate(*model, {1}, {.tokens = 30}, [&count](int64_t) { return ++count < 3; });
  EXPECT_EQ(count, 3);
  EXPECT_THROW(generate(*model, {}, {}, [](int64_t) { return true; }), std::invalid_argument);
}

}  // namespace
}  // namespace heed
