#include "train/generation/generation.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "models/positions/positional_encoding.h"
#include "models/transformer/transformer.h"
#include "tests/train/table_model.h"
#include "train/data/random.h"

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

TEST(Generation, TiesGoToTheSmallerToken) {
  const std::vector<float> even = {-1, 3, 3, 3};
  EXPECT_EQ(draw_token(even, {.temperature = 0}, 0), 1);
  for (const double uniform : {0.0, 0.5, 0.999999}) {
    EXPECT_EQ(draw_token(even, {.top_k = 1}, uniform), 1);
    EXPECT_EQ(draw_token(even, {.top_p = 0.1}, uniform), 1);
    EXPECT_NE(draw_token(even, {.top_k = 2}, uniform), 3);
  }
}

// Generation makes tensors that gradients know nothing of; none of them may stay in a model.
TEST(Generation, AModelCanBeTrainedAfterIt) {
  for (const auto& position : PositionRegistry::instance().names()) {
    TransformerOptions options{.layers = 1, .heads = 2, .d_model = 8, .position = position};
    Transformer model(options, {.vocabulary = 5, .output_width = 5, .max_length = 12});
    for (const int64_t tokens : {6, 20}) {  // within the window, and beyond it
      generate(model, {.tokens = {1}}, {.tokens = tokens}, [](int64_t, int64_t) { return true; });
      model.train();
      EXPECT_NO_THROW(model.forward({.values = at::zeros({2, 12}, at::kLong)}).sum().backward())
          << position;
    }
  }
}

// What draw_token means, with everything sorted.
int64_t draw_by_sorting(const std::vector<float>& values, const GenerationOptions& options,
                        double uniform) {
  std::vector<int64_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&values](int64_t a, int64_t b) {
    return values[static_cast<size_t>(a)] > values[static_cast<size_t>(b)];
  });
  if (options.top_k > 0) order.resize(std::min(order.size(), static_cast<size_t>(options.top_k)));
  std::vector<double> weights;
  for (const int64_t token : order)
    weights.push_back(std::exp(values[static_cast<size_t>(token)] / options.temperature));
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  double kept = 0;
  size_t count = 0;
  while (count < weights.size() && (count == 0 || kept < options.top_p * total))
    kept += weights[count++];
  double sum = 0;
  for (size_t i = 0; i < count; ++i)
    if ((sum += weights[i]) > uniform * kept) return order[i];
  return order[count - 1];
}

TEST(Generation, DrawsAreThoseOfASortedVocabulary) {
  Random random(1, 0, 0);
  for (int i = 0; i < 500; ++i) {
    std::vector<float> values(1 + static_cast<size_t>(random.below(40)));
    for (auto& value : values) value = static_cast<float>(random.below(12)) / 3;  // many ties
    const GenerationOptions options{.temperature = 0.3 + random.uniform(),
                                    .top_k = random.below(2) * random.below(50),
                                    .top_p = random.below(2) ? 1 : random.uniform()};
    const double uniform = random.uniform();
    ASSERT_EQ(draw_token(values, options, uniform), draw_by_sorting(values, options, uniform))
        << "round " << i;
  }
}

using Samples = std::map<int64_t, std::vector<int64_t>>;

Samples generated(SequenceModel& model, const GenerationOptions& options,
                  const Prompt& prompt = {.tokens = {1, 2}}) {
  Samples samples;
  generate(model, prompt, options, [&samples](int64_t sample, int64_t token) {
    samples[sample].push_back(token);
    return true;
  });
  return samples;
}

class GenerationOf : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(EachKind, GenerationOf, ::testing::Values("transformer", "gru"),
                         [](const auto& kind) { return std::string(kind.param); });

TEST_P(GenerationOf, TheSameSeedGivesTheSameTextAndAnotherSeedAnother) {
  const auto model = small_model(GetParam());
  const auto first = generated(*model, {.tokens = 30, .seed = 1});
  EXPECT_EQ(first.at(0).size(), 30u);
  EXPECT_EQ(first, generated(*model, {.tokens = 30, .seed = 1}));
  EXPECT_NE(first, generated(*model, {.tokens = 30, .seed = 2}));
}

TEST_P(GenerationOf, TheLikeliestTokensAreThoseOfTheWholeForwardPass) {
  const auto model = small_model(GetParam());
  auto tokens = std::vector<int64_t>{1, 2};
  const auto greedy = generated(*model, {.tokens = 6, .temperature = 0}).at(0);
  for (const int64_t token : greedy) {
    const auto output = model->forward({.values = at::tensor(tokens, at::kLong).unsqueeze(0)});
    ASSERT_EQ(token, output[0][-1].argmax().item<int64_t>());
    tokens.push_back(token);
  }
}

TEST_P(GenerationOf, ASampleDoesNotDependOnHowManyThereAre) {
  const auto model = small_model(GetParam());
  const auto four = generated(*model, {.tokens = 20, .samples = 4, .end_token = 3});
  auto two = generated(*model, {.tokens = 20, .samples = 2, .end_token = 3});
  const auto one = generated(*model, {.tokens = 20, .end_token = 3});
  EXPECT_EQ(one, (Samples{{0, four.at(0)}}));
  EXPECT_EQ(two, (Samples{{0, four.at(0)}, {1, four.at(1)}}));
  EXPECT_NE(four.at(0), four.at(1));
}

TEST(Generation, ASampleThatHasEndedLeavesTheBatchAndTheOthersGoOn) {
  const auto model = TableModel::random(4, 1);
  const GenerationOptions options{.tokens = 40, .seed = 5, .samples = 6, .end_token = 3};
  auto endless = options;
  endless.end_token = -1;
  const auto whole = generated(*model, endless);
  model->batches.clear();
  const auto ended = generated(*model, options);
  std::vector<int64_t> left(40, 0);  // unfinished samples, by the number of draws
  for (const auto& [sample, tokens] : whole) {
    const auto end = std::find(tokens.begin(), tokens.end(), 3);
    const std::vector<int64_t> expected(tokens.begin(), end);
    EXPECT_EQ(ended.contains(sample) ? ended.at(sample) : std::vector<int64_t>{}, expected);
    for (size_t i = 0; i < expected.size(); ++i) ++left[i];
  }
  EXPECT_LT(left[5], 6);
  std::vector<int64_t> batches = {1, 1};  // the prompt
  for (size_t i = 0; i < 39 && left[i] > 0; ++i) batches.push_back(left[i]);
  EXPECT_EQ(model->batches, batches);
}

TEST(Generation, TheCallbackEndsOneSampleAndNotTheOthers) {
  const auto model = TableModel::random(4, 1);
  Samples samples;
  generate(*model, {.tokens = {1}}, {.tokens = 9, .samples = 3},
           [&samples](int64_t sample, int64_t token) {
             samples[sample].push_back(token);
             return sample != 1 || samples[1].size() < 2;
           });
  EXPECT_EQ(samples.at(0).size(), 9u);
  EXPECT_EQ(samples.at(1).size(), 2u);
  EXPECT_EQ(samples.at(2).size(), 9u);
}

TEST(Generation, ASourceIsReadBeforeTheFirstToken) {
  const auto model = TableModel::random(5, 2);
  for (const int64_t source : {0, 1, 2, 3, 4}) {
    const Prompt prompt{.tokens = {4}, .source = {.source = at::full({1, 3}, source, at::kLong)}};
    const auto first = generated(*model, {.tokens = 1, .temperature = 0}, prompt).at(0).at(0);
    EXPECT_EQ(first, model->logits()[source][4].argmax().item<int64_t>()) << source;
  }
}

TEST(Generation, RecordsARowForEachTokenThatWasRead) {
  AttentionRecorder recorder;
  generate(
      *TableModel::random(4, 1), {.tokens = {1, 2, 3}}, {.tokens = 5},
      [](int64_t, int64_t) { return true; }, &recorder);
  const auto map = recorder.stacked(AttentionKind::self);
  EXPECT_EQ(map.sizes(), (std::vector<int64_t>{1, 1, 1, 7, 7}));  // the last one drawn is not read
}

TEST(Generation, NeedsAPrompt) {
  const auto go_on = [](int64_t, int64_t) { return true; };
  EXPECT_THROW(generate(*small_model("gru"), {}, {}, go_on), std::invalid_argument);
}

}  // namespace
}  // namespace heed
