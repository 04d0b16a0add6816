#include "train/evaluation.h"

#include <gtest/gtest.h>

#include <cmath>

#include "models/sequence_model.h"
#include "train/data/batch.h"
#include "train/tasks/task.h"

namespace heed {
namespace {

/// Gives token t the logit t, whatever it reads.
class FixedModel : public SequenceModel {
 public:
  FixedModel() { register_parameter("unused", at::zeros({1})); }
  at::Tensor forward(const SequenceInput& input, AttentionHook*) override {
    was_training = is_training();
    const auto sizes = input.values.sizes();
    return at::arange(4, at::kFloat).expand({sizes[0], sizes[1], 4});
  }
  at::Tensor step(const at::Tensor&, SequenceState&, AttentionHook*) override { return {}; }
  bool generates() const override { return false; }
  bool has_attention() const override { return false; }
  bool was_training = true;
};

class PlainTask : public Task {
 public:
  void describe(OptionList&) override {}
  void prepare(const TaskSetup&) override {}
  SequenceShape shape() const override {
    return {.vocabulary = 4, .output_width = 4, .max_length = 8};
  }
  Batch batch(Split, int64_t, int64_t) const override { return {}; }
  int64_t evaluation_rows(Split) const override { return 0; }
  RowSource rows_of_text(const std::string&, const std::string&) const override { return {}; }
  TaskCard card() const override { return {}; }
  std::vector<Baseline> baselines() const override { return {}; }
  std::string example() override { return ""; }
};

RowSource rows(const std::vector<std::vector<int64_t>>& tokens) {
  const auto count = static_cast<int64_t>(tokens.size());
  return {.rows = count, .batch = [tokens](int64_t first, int64_t number) {
            return next_token_batch({tokens.begin() + first, tokens.begin() + first + number});
          }};
}

double token_loss(double token) {
  double sum = 0;
  for (int t = 0; t < 4; ++t) sum += std::exp(t);
  return std::log(sum) - token;
}

TEST(Evaluation, IsTheMeanOverScoredPositionsWhateverTheBatchSize) {
  const auto source = rows({{0, 1, 2, 3}, {0, 3}, {2, 0, 0}});
  const double expected =
      (token_loss(1) + token_loss(2) + 2 * token_loss(3) + 2 * token_loss(0)) / 6;
  for (const int64_t batch_rows : {1, 2, 64}) {
    FixedModel model;
    const auto result = evaluate(model, PlainTask(), source, batch_rows);
    EXPECT_NEAR(result.loss, expected, 1e-6);
    EXPECT_EQ(result.tokens, 6);
    EXPECT_NEAR(result.perplexity(), std::exp(expected), 1e-5);
    EXPECT_FALSE(result.exact_loss.has_value());
  }
}

TEST(Evaluation, TheStandardErrorIsThatOfTheMeanOverRows) {
  FixedModel model;
  const auto result = evaluate(model, PlainTask(), rows({{0, 0}, {0, 1}, {0, 2}, {0, 3}}));
  EXPECT_NEAR(result.standard_error, std::sqrt((2.25 + 0.25) * 2 / 3.0 / 4), 1e-6);
  EXPECT_EQ(evaluate(model, PlainTask(), rows({{0, 0}})).standard_error, 0);
}

/// One answer per row: its first logits.
class OneAnswerModel : public FixedModel {
 public:
  at::Tensor forward(const SequenceInput& input, AttentionHook* recorder) override {
    return FixedModel::forward(input, recorder).select(1, 0);
  }
};

TEST(Evaluation, OneAnswerPerRowCountsAsOneScoredPosition) {
  OneAnswerModel model;
  const RowSource source = {.rows = 3, .batch = [](int64_t first, int64_t number) {
                              const auto targets = at::tensor({0, 2, 3}, at::kLong);
                              return Batch{.input = {.values = at::zeros({number, 5}, at::kLong)},
                                           .targets = targets.narrow(0, first, number)};
                            }};
  for (const int64_t batch_rows : {1, 2, 64}) {
    const auto result = evaluate(model, PlainTask(), source, batch_rows);
    EXPECT_NEAR(result.loss, (token_loss(0) + token_loss(2) + token_loss(3)) / 3, 1e-6);
    EXPECT_EQ(result.tokens, 3);
  }
}

TEST(Evaluation, RunsInEvaluationModeAndRestoresTheModelsMode) {
  FixedModel model;
  model.train();
  evaluate(model, PlainTask(), rows({{0, 1}}));
  EXPECT_FALSE(model.was_training);
  EXPECT_TRUE(model.is_training());
}

TEST(Evaluation, CountsAnswersByMeasureAndBucket) {
  Evaluation evaluation;
  evaluation.scores.count("agreement", "", "", true);
  evaluation.scores.count("agreement", "distance", "1", true);
  evaluation.scores.count("agreement", "", "", false);
  EXPECT_EQ(evaluation.find("agreement")->accuracy(), 0.5);
  EXPECT_EQ(evaluation.find("agreement", "distance", "1")->total, 1);
  EXPECT_EQ(evaluation.find("agreement", "distance", "2-3"), nullptr);
}

TEST(Evaluation, BitsPerCharacterCountTheCharactersOfTheTokens) {
  const Evaluation evaluation{.tokens = 10, .characters = 40, .loss = 2 * std::log(2.0)};
  EXPECT_NEAR(evaluation.bits_per_character(), 0.5, 1e-12);
}

}  // namespace
}  // namespace heed
