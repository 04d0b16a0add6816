#include "train/tasks/grammar/grammar_links.h"

#include <gmock/gmock.h>

#include <sstream>

#include "train/tasks/task.h"

namespace heed {
namespace {

using ::testing::ElementsAre;

std::vector<int64_t> numbered(const GrammarLanguage& language, const std::string& text) {
  std::vector<int64_t> numbers;
  std::istringstream words(text);
  for (std::string word; words >> word;) numbers.push_back(language.id(word).value());
  return numbers;
}

const GoldLinks& kind(const std::vector<GoldLinks>& kinds, const std::string& name) {
  for (const auto& one : kinds)
    if (one.name == name) return one;
  throw std::runtime_error("no links of the kind " + name);
}

// "query>key(heuristic)"
std::vector<std::string> shown(const GoldLinks& links) {
  std::vector<std::string> texts;
  for (const auto& link : links.links)
    texts.push_back(std::to_string(link.query) + ">" + std::to_string(link.keys.at(0)) + "(" +
                    std::to_string(link.heuristic) + ")");
  return texts;
}

TEST(GrammarLinks, LeadFromVerbsAndTheWordsBeforeThemToTheSubjectPastTheMostRecentNoun) {
  const GrammarLanguage language;
  //                            0   1    2    3   4   5      6     7
  const auto row = numbered(language, "the cats that the dog chases sleep . the");
  const auto kinds = grammar_links(language, {row});
  EXPECT_THAT(shown(kind(kinds, "subject")), ElementsAre("4>4(4)", "5>1(4)"));
  EXPECT_TRUE(kind(kinds, "subject").decides);
  EXPECT_THAT(shown(kind(kinds, "verb")), ElementsAre("5>4(4)", "6>1(4)"));
  EXPECT_FALSE(kind(kinds, "verb").decides);
}

TEST(GrammarLinks, LeadFromPronounsAndFromBeforeAMentionToTheNounMeant) {
  const GrammarLanguage language;
  //                            0   1   2   3  4   5   6       7  8   9     10 11  12  13
  const auto row =
      numbered(language, "the cat sat on the mat because it was tired , the cat . the");
  const auto kinds = grammar_links(language, {row});
  EXPECT_THAT(shown(kind(kinds, "antecedent")), ElementsAre("7>1(5)"));
  EXPECT_THAT(shown(kind(kinds, "mention")), ElementsAre("11>1(5)"));
}

TEST(GrammarLinks, CountFromTheRowsBeginningAndKnowNothingOfSentencesThatBreakOff) {
  const GrammarLanguage language;
  const auto row = numbered(language, "the cats sleep . the dog sleeps . the cats sleep");
  const auto kinds = grammar_links(language, {{}, row});
  EXPECT_THAT(shown(kind(kinds, "subject")), ElementsAre("1>1(1)", "5>5(5)"));
  for (const auto& link : kind(kinds, "subject").links) EXPECT_EQ(link.row, 1);
}

TEST(GrammarLinks, OfATasksBatchPointAtNounsFromWhereVerbsAreAskedFor) {
  const auto task = TaskRegistry::instance().make("grammar");
  task->prepare({.seed = 1, .context = 32});
  const auto batch = task->batch(Split::validation, 0, 20);
  const auto kinds = task->gold_links(batch);
  const GrammarLanguage language;
  ASSERT_GT(kind(kinds, "subject").links.size(), 20U);
  for (const auto& link : kind(kinds, "subject").links) {
    const auto verb = language.traits(batch.targets[link.row][link.query].item<int64_t>());
    const auto noun = language.traits(batch.input.values[link.row][link.keys[0]].item<int64_t>());
    EXPECT_TRUE(verb.is_present_verb());
    EXPECT_TRUE(noun.is_noun());
    EXPECT_EQ(verb.number, noun.number);
  }
}

}  // namespace
}  // namespace heed
