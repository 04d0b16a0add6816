#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "tests/train/tasks/pair_rows.h"
#include "train/tasks/grammar/grammar_language.h"
#include "train/tasks/grammar/invented_language.h"

namespace heed {
namespace {

using Sentences = std::set<std::vector<int64_t>>;

Sentences sources(const Task& task, Split split, int64_t rows) {
  Sentences result;
  for (auto& row : pair_rows(task.batch(split, 0, rows))) result.insert(std::move(row.source));
  return result;
}

TEST(TranslateTask, RowsAreSentencesAndTheirTranslations) {
  const GrammarLanguage grammar;
  const InventedLanguage invented(grammar);
  const auto task = prepared_task("translate");
  for (const auto& row : pair_rows(task->batch(Split::train, 0, 200))) {
    const auto [words, alignment, also_aligned] = invented.translate(row.source);
    ASSERT_EQ(row.target, words);
    ASSERT_EQ(row.alignment, alignment);
  }
  EXPECT_EQ(task->source_tokenizer()->vocabulary().tokens, grammar.words());
  EXPECT_EQ(task->tokenizer()->size(), std::ssize(invented.words()) + 2);
}

TEST(TranslateTask, RowsFollowFromSeedSplitAndNumber) {
  const auto task = prepared_task("translate");
  const auto rows = pair_rows(task->batch(Split::validation, 0, 20));
  EXPECT_EQ(pair_rows(task->batch(Split::validation, 7, 1)).front(), rows[7]);
  EXPECT_EQ(pair_rows(prepared_task("translate")->batch(Split::validation, 0, 20)), rows);
  EXPECT_NE(pair_rows(prepared_task("translate", {}, 2)->batch(Split::validation, 0, 20)), rows);
}

TEST(TranslateTask, NoSentenceOccursInTwoSplitsWhateverTheSeeds) {
  const auto train = sources(*prepared_task("translate", {}, 1), Split::train, 10000);
  const auto validation = sources(*prepared_task("translate", {}, 2), Split::validation, 10000);
  const auto test = sources(*prepared_task("translate", {}, 3), Split::test, 10000);
  Sentences all = train;
  all.insert(validation.begin(), validation.end());
  all.insert(test.begin(), test.end());
  EXPECT_EQ(all.size(), train.size() + validation.size() + test.size());
  EXPECT_GT(validation.size(), 3000u);
}

// A noun and its verb: 20 animals with 6 verbs each, 20 things with 5, singular and plural counted.
TEST(TranslateTask, TheShortestSentencesAreSharedOutWithoutARest) {
  const auto task = prepared_task("translate", {{"max_words", 4}});
  const auto train = sources(*task, Split::train, 5000).size();
  const auto validation = sources(*task, Split::validation, 1000).size();
  const auto test = sources(*task, Split::test, 1000).size();
  EXPECT_EQ(train + validation + test, 20 * 6 + 20 * 5);
  EXPECT_NEAR(static_cast<double>(train), 0.8 * 220, 18);
  EXPECT_NEAR(static_cast<double>(validation), 0.1 * 220, 14);
  EXPECT_NEAR(static_cast<double>(test), 0.1 * 220, 14);
}

TEST(TranslateTask, TheShapesLengthsAreThoseOfTheLongestSentence) {
  for (const int64_t max_words : {5, 12}) {  // there is no sentence of 5 words
    const auto task = prepared_task("translate", {{"max_words", max_words}});
    size_t longest = 0;
    for (const auto& sentence : sources(*task, Split::train, 2000))
      longest = std::max(longest, sentence.size());
    EXPECT_EQ(task->shape().max_source_length, static_cast<int64_t>(longest));
    EXPECT_EQ(task->shape().max_length, static_cast<int64_t>(longest) + 1);
  }
  EXPECT_EQ(prepared_task("translate", {{"max_words", 5}})->shape().max_source_length, 4);
  EXPECT_EQ(prepared_task("translate")->shape().max_source_length, 24);
}

TEST(TranslateTask, AMostGenerousLimitEndsAtTheGrammarsOwnLongestSentence) {
  const auto longest =
      prepared_task("translate", {{"max_words", 100000}})->shape().max_source_length;
  EXPECT_GT(longest, 24);
  EXPECT_LT(longest, 100);
}

TEST(TranslateTask, ThePromptIsASentenceOfTheTestSplit) {
  const auto task = prepared_task("translate");
  EXPECT_THAT(task->default_prompt(), ::testing::StartsWith("the "));
  EXPECT_THAT(task->default_prompt(), ::testing::EndsWith(" ."));
}

TEST(TranslateTask, ATextIsReadAsPairsOfSentences) {
  const auto task = prepared_task("translate");
  const auto rows = task->rows_of_text("the cats sleep .\tzan dabo desir\n", "my.txt");
  EXPECT_EQ(pair_rows(rows.batch(0, 1)).front().source,
            task->source_tokenizer()->encode("the cats sleep .", "the test"));
  EXPECT_THAT([&] { task->rows_of_text("the cats sleep .\tthe cats", "my.txt"); },
              ::testing::ThrowsMessage<std::runtime_error>(
                  "my.txt:1: the word \"the\" is not one of the target's"));
}

TEST(TranslateTask, LinksEachWordToTheSourceWordsItStandsFor) {
  const auto task = prepared_task("translate");
  const auto batch = task->batch(Split::validation, 0, 16);
  const auto kinds = task->gold_links(batch);
  ASSERT_EQ(kinds.size(), 1U);
  EXPECT_TRUE(kinds[0].to_source);
  EXPECT_EQ(std::ssize(kinds[0].links), batch.alignment.ne(not_scored).sum().item<int64_t>());
  for (const auto& link : kinds[0].links) {
    EXPECT_EQ(link.keys.at(0), batch.alignment[link.row][link.query].item<int64_t>());
    const auto second = batch.also_aligned.defined()
                            ? batch.also_aligned[link.row][link.query].item<int64_t>()
                            : not_scored;
    EXPECT_EQ(link.keys.size(), second == not_scored ? 1U : 2U);
    if (link.keys.size() == 2) {
      EXPECT_EQ(link.keys[1], second);
    }
  }
}

}  // namespace
}  // namespace heed
