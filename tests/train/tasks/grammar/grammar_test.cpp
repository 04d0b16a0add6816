#include <gmock/gmock.h>

#include <cmath>

#include "models/model_builder.h"
#include "models/sequence_model.h"
#include "tests/models/closeness.h"
#include "train/evaluation.h"
#include "train/tasks/grammar/grammar_language.h"

namespace heed {
namespace {

std::unique_ptr<Task> grammar_task(int64_t context = 32, uint64_t seed = 1, int64_t rows = 400) {
  auto task = TaskRegistry::instance().make("grammar");
  OptionList list;
  task->describe(list);
  *std::get<int64_t*>(list.find("evaluation_rows")->target) = rows;
  task->prepare({.seed = seed, .context = context});
  return task;
}

/// Predicts the exact probabilities.
class ExactModel : public SequenceModel {
 public:
  ExactModel() { register_parameter("unused", at::zeros({1})); }

  at::Tensor forward(const SequenceInput& input, AttentionHook*) override {
    const auto vocabulary = static_cast<int64_t>(language_.words().size());
    const int64_t batch = input.values.size(0), length = input.values.size(1);
    auto logits = at::empty({batch, length, vocabulary}, at::kDouble);
    for (int64_t b = 0; b < batch; ++b) {
      int64_t belief = language_.start();
      for (int64_t t = 0; t < length; ++t) {
        belief =
            std::max<int64_t>(0, language_.advance(belief, input.values[b][t].item<int64_t>()));
        logits[b][t] = at::tensor(language_.next_word(belief), at::kDouble).log();
      }
    }
    return logits;
  }
  at::Tensor step(const at::Tensor&, SequenceState&, AttentionHook*) override { return {}; }
  bool generates() const override { return false; }
  bool has_attention() const override { return false; }

 private:
  GrammarLanguage language_;
};

TEST(GrammarTask, RowsBeginWithASentenceAndFollowFromTheirNumber) {
  const auto task = grammar_task();
  const auto rows = task->batch(Split::train, 0, 50);
  EXPECT_EQ(rows.input.values.sizes(), (std::vector<int64_t>{50, 32}));
  const auto the = *GrammarLanguage().id("the");
  EXPECT_TRUE(rows.input.values.select(1, 0).eq(the).all().item<bool>());
  EXPECT_TRUE(task->batch(Split::train, 7, 3).targets.equal(rows.targets.slice(0, 7, 10)));
  EXPECT_TRUE(rows.targets.slice(1, 0, 31).equal(rows.input.values.slice(1, 1)));
}

TEST(GrammarTask, SplitsAndSeedsDrawDifferentSentences) {
  const auto train = grammar_task()->batch(Split::train, 0, 8).targets;
  EXPECT_FALSE(train.equal(grammar_task()->batch(Split::validation, 0, 8).targets));
  EXPECT_FALSE(train.equal(grammar_task(32, 2)->batch(Split::train, 0, 8).targets));
}

TEST(GrammarTask, TheExactPredictorReachesTheBoundWithoutMistakes) {
  const auto task = grammar_task();
  ExactModel model;
  const auto evaluation = evaluate(model, *task, Split::validation);
  EXPECT_EQ(evaluation.tokens, 400 * 32);
  EXPECT_NEAR(evaluation.loss, *task->bound(), 3 * evaluation.standard_error);
  EXPECT_LT(evaluation.standard_error, 0.02);
  EXPECT_NEAR(evaluation.excess, 0, 1e-9);
  ASSERT_NE(evaluation.find("agreement"), nullptr);
  EXPECT_EQ(evaluation.find("agreement")->accuracy(), 1);
  EXPECT_EQ(evaluation.find("reference")->accuracy(), 1);
  EXPECT_GT(evaluation.find("agreement")->total, 500);
  EXPECT_GT(evaluation.find("reference")->total, 50);
}

TEST(GrammarTask, BreakdownsAddUpToTheWhole) {
  const auto task = grammar_task();
  ExactModel model;
  const auto evaluation = evaluate(model, *task, Split::validation);
  for (const std::string by : {"distance", "attractors"}) {
    int64_t asked = 0;
    for (const auto& score : evaluation.scores.all)
      if (score.measure == "agreement" && score.by == by) asked += score.total;
    EXPECT_EQ(asked, evaluation.find("agreement")->total) << by;
  }
}

/// Prefers the wrong number at every verb.
class ContraryModel : public ExactModel {
 public:
  at::Tensor forward(const SequenceInput& input, AttentionHook* recorder) override {
    auto logits = ExactModel::forward(input, recorder);
    const GrammarLanguage language;
    std::vector<int64_t> swapped;
    for (int64_t word = 0; word < logits.size(2); ++word) {
      const auto& traits = language.traits(word);
      swapped.push_back(traits.is_present_verb() ? *traits.other_number : word);
    }
    return logits.index_select(2, at::tensor(swapped, at::kLong));
  }
};

TEST(GrammarTask, AModelThatPrefersTheWrongNumberHasNoAgreement) {
  const auto task = grammar_task();
  ContraryModel model;
  const auto evaluation = evaluate(model, *task, Split::validation);
  EXPECT_EQ(evaluation.find("agreement")->correct, 0);
}

TEST(GrammarTask, ATextsSentencesBecomeRowsWithTheirOwnExactLoss) {
  const auto task = grammar_task();
  ExactModel model;
  const auto evaluation =
      evaluate(model, *task,
               task->rows_of_text("the cat sat on the mat because it was tired , the cat .\n"
                                  "the cats that the dog near the houses chases sleep .",
                                  "here"));
  EXPECT_EQ(evaluation.tokens,
            24);  // both fit into one row of 33 words, of which the first is given
  EXPECT_NEAR(evaluation.excess, 0, 1e-9);
  EXPECT_EQ(evaluation.find("agreement")->total, 2);
  // "houses" lies between "dog" and "chases", "dog" between "cats" and "sleep"
  EXPECT_EQ(evaluation.find("agreement", "attractors", "1")->total, 2);
  EXPECT_EQ(evaluation.find("reference")->correct, 1);
}

TEST(GrammarTask, AnUngrammaticalTextHasALossButNoExactOne) {
  const auto task = grammar_task();
  const auto builder = ModelRegistry::instance().make("transformer");
  const auto model = builder->build(task->shape());
  const auto evaluation = evaluate(*model, *task, task->rows_of_text("the cat sleep .", "here"));
  EXPECT_EQ(evaluation.tokens, 3);
  EXPECT_TRUE(std::isfinite(evaluation.loss));
  EXPECT_FALSE(evaluation.exact_loss.has_value());
}

TEST(GrammarTask, AnUnknownWordIsNamed) {
  EXPECT_THAT([] { grammar_task()->rows_of_text("the elephant sleeps .", "my.txt"); },
              ::testing::ThrowsMessage<std::runtime_error>(
                  ::testing::HasSubstr("my.txt:1:2: the word \"elephant\" is not among the 103")));
}

}  // namespace
}  // namespace heed
