#include "train/tasks/seq2seq_task.h"

#include <gmock/gmock.h>

#include "tests/train/tasks/pair_rows.h"

namespace heed {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr int64_t start = 3, end = 4, none = not_scored;

/// Two pairs in turns; words of the source "one", "two", of the target "x", "y", "z".
class TwoPairs : public Seq2SeqTask {
 public:
  explicit TwoPairs(int64_t longest_source = 3) : longest_source_(longest_source) {
    prepare({.seed = 1});
  }
  TaskCard card() const override { return {}; }

 protected:
  PairExtent extent() const override {
    return {.source_words = {"one", "two"},
            .target_words = {"x", "y", "z"},
            .longest_source = longest_source_,
            .longest_target = 2};
  }
  Pair pair(Split, int64_t row) const override {
    if (row % 2 == 0) return {.source = {1, 0, 1}, .target = {2}, .alignment = {1}};
    return {.source = {1}, .target = {0, 1}, .alignment = {0, 0}};
  }

 private:
  int64_t longest_source_;
};

at::Tensor table(const std::vector<std::vector<int64_t>>& rows) {
  std::vector<at::Tensor> tensors;
  for (const auto& row : rows) tensors.push_back(at::tensor(row, at::kLong));
  return at::stack(tensors);
}

/// Logits [B, T, 5] whose largest is at `answers` [B, T].
at::Tensor logits_for(const at::Tensor& answers) { return at::one_hot(answers, 5).to(at::kFloat); }

TEST(Seq2SeqTask, ABatchIsPaddedAndHoldsStartAndEndTokens) {
  const auto batch = TwoPairs().batch(Split::train, 0, 2);
  EXPECT_TRUE(batch.input.source.equal(table({{1, 0, 1}, {1, 0, 0}})));
  EXPECT_TRUE(batch.input.source_lengths.equal(at::tensor({3, 1}, at::kLong)));
  EXPECT_TRUE(batch.input.values.equal(table({{start, 2, 0}, {start, 0, 1}})));
  EXPECT_TRUE(batch.input.lengths.equal(at::tensor({2, 3}, at::kLong)));
  EXPECT_TRUE(batch.targets.equal(table({{2, end, none}, {0, 1, end}})));
  EXPECT_TRUE(batch.alignment.equal(table({{1, none, none}, {0, 0, none}})));
}

TEST(Seq2SeqTask, RowsFollowFromTheirNumber) {
  const TwoPairs task;
  const auto rows = pair_rows(task.batch(Split::train, 0, 4));
  EXPECT_EQ(pair_rows(task.batch(Split::train, 3, 1)).front(), rows[3]);
  EXPECT_NE(rows[2], rows[3]);
}

TEST(Seq2SeqTask, AnUnknownAlignmentIsUndefined) {
  const auto batch = pair_batch({{.source = {0}, .target = {1, 2}}}, start, end);
  EXPECT_FALSE(batch.alignment.defined());
  EXPECT_TRUE(batch.targets.equal(table({{1, 2, end}})));
}

TEST(Seq2SeqTask, TheShapeNamesBothVocabulariesAndTheLongestOfBothSides) {
  const auto shape = TwoPairs().shape();
  EXPECT_EQ(shape.vocabulary, 5);
  EXPECT_EQ(shape.output_width, 5);
  EXPECT_EQ(shape.max_length, 3);
  EXPECT_EQ(shape.source_vocabulary, 2);
  EXPECT_EQ(shape.max_source_length, 3);
  EXPECT_EQ(shape.output, SequenceShape::Output::per_position);
  EXPECT_EQ(shape.context, SequenceShape::Context::causal);
}

TEST(Seq2SeqTask, TheTargetsVocabularyAloneEndsWithStartAndEnd) {
  const TwoPairs task;
  EXPECT_EQ(task.tokenizer()->vocabulary().tokens,
            (std::vector<std::string>{"x", "y", "z", "<s>", "</s>"}));
  EXPECT_EQ(task.source_tokenizer()->vocabulary().tokens, (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(task.start_token(), start);
  EXPECT_EQ(task.end_token(), end);
}

TEST(Seq2SeqTask, ThePromptIsTheFirstSourceOfTheTestSplit) {
  EXPECT_EQ(TwoPairs().default_prompt(), "two one two");
}

TEST(Seq2SeqTask, OneWrongTokenOrAWrongEndSpoilsTheWholeRow) {
  const TwoPairs task;
  const auto batch = task.batch(Split::train, 0, 4);
  Scores scores;
  // Right; a wrong end; right at all but one, and what is padded does not count; a wrong first.
  task.score(logits_for(table({{2, end, 0}, {0, 1, 0}, {1, end, 2}, {1, 1, end}})), batch, scores);
  const auto* tokens = scores.find("token accuracy");
  const auto* rows = scores.find("exact match");
  ASSERT_NE(tokens, nullptr);
  ASSERT_NE(rows, nullptr);
  EXPECT_EQ(tokens->total, 10);
  EXPECT_EQ(tokens->correct, 7);
  EXPECT_EQ(rows->total, 4);
  EXPECT_EQ(rows->correct, 1);
}

TEST(Seq2SeqTask, ExactMatchIsBrokenDownByTheSourcesLength) {
  const TwoPairs task;
  const auto pairs = pair_batch({{.source = {0, 1, 0, 1, 0}, .target = {0}},
                                 {.source = {0, 1, 0, 1, 0, 1}, .target = {1}},
                                 {.source = {1}, .target = {1}}},
                                start, end);
  Scores scores;
  task.score(logits_for(table({{1, end}, {1, end}, {1, end}})), pairs, scores);
  const auto* shorter = scores.find("exact match", "length", "1-5");
  const auto* longer = scores.find("exact match", "length", "6-10");
  ASSERT_NE(shorter, nullptr);
  ASSERT_NE(longer, nullptr);
  EXPECT_EQ(shorter->total, 2);
  EXPECT_EQ(shorter->correct, 1);
  EXPECT_EQ(longer->total, 1);
  EXPECT_EQ(longer->correct, 1);
}

TEST(Seq2SeqTask, BucketsOfLengthAreWiderForLongSources) {
  const TwoPairs task(100);
  Scores scores;
  const auto batch = task.batch(Split::train, 0, 2);
  task.score(logits_for(batch.targets.clamp_min(0)), batch, scores);
  ASSERT_NE(scores.find("exact match", "length", "1-20"), nullptr);
  EXPECT_EQ(scores.find("exact match", "length", "1-20")->correct, 2);
}

TEST(Seq2SeqTask, ATextsLinesArePairs) {
  const TwoPairs task;
  const auto rows = task.rows_of_text("two  one\tz\n\n one two two two \t x y z\r\n", "my.txt");
  EXPECT_EQ(rows.rows, 2);
  const auto pairs = pair_rows(rows.batch(0, 2));
  EXPECT_EQ(pairs[0], (PairRow{.source = {1, 0}, .target = {2}, .alignment = {}}));
  EXPECT_EQ(pairs[1], (PairRow{.source = {0, 1, 1, 1}, .target = {0, 1, 2}, .alignment = {}}));
  EXPECT_EQ(pair_rows(rows.batch(1, 1)).front(), pairs[1]);
}

TEST(Seq2SeqTask, AnUnusableTextIsNamedWithItsLine) {
  const TwoPairs task;
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"one\tx\none three\ty", "my.txt:2: the word \"three\" is not one of the source's"},
      {"one\tx\n\none\ttwo", "my.txt:3: the word \"two\" is not one of the target's"},
      {"one\tx <s>", "my.txt:1: the word \"<s>\" is not one of the target's"},
      {"one x", "my.txt:1: expected the source's words, one tab, the target's words; got 0 tabs"},
      {"one\tx\ty", "my.txt:1: expected the source's words, one tab, the target's words; got 2"},
      {"\tx", "my.txt:1: expected at least one word of the source, got none"},
      {"one\t", "my.txt:1: expected at least one word of the target, got none"},
      {"\n \t\n", "my.txt: expected lines"},
      {"one\tx\n\xff\ty", "my.txt"},
  };
  for (const auto& [text, message] : wrong) {
    const auto read = [&task, &given = text] { task.rows_of_text(given, "my.txt"); };
    EXPECT_THAT(read, ThrowsMessage<std::runtime_error>(HasSubstr(message))) << text;
  }
}

}  // namespace
}  // namespace heed
