#include <algorithm>
#include <vector>

#include "train/tasks/grammar/grammar_language.h"
#include "train/tasks/grammar/invented_language.h"
#include "train/tasks/seq2seq_task.h"

namespace heed {
namespace {

using Words = std::vector<int64_t>;

// The length of the longest sentence that has at most `limit` words.
int64_t longest_sentence(const GrammarLanguage& language, int64_t limit) {
  const auto count = static_cast<size_t>(language.belief_count());
  std::vector<int64_t> here = {language.start()};  // all beliefs that `length` words can lead to
  int64_t longest = 0;
  for (int64_t length = 1; length <= limit && !here.empty(); ++length) {
    std::vector<bool> reached(count);
    for (const int64_t belief : here)
      for (int64_t word = 0; word < std::ssize(language.words()); ++word)
        if (const int64_t next = language.advance(belief, word); next >= 0)
          reached[static_cast<size_t>(next)] = true;
    if (reached[static_cast<size_t>(language.start())]) longest = length;
    reached[static_cast<size_t>(language.start())] = false;
    here.clear();
    for (size_t belief = 0; belief < count; ++belief)
      if (reached[belief]) here.push_back(static_cast<int64_t>(belief));
  }
  return longest;
}

// The split of a sentence, whatever the seed: eight in ten sentences are for training, one in ten
// each for validation and test, by a hash of the words (multiply and fold; the multiplier is 2^64
// divided by the golden ratio).
Split choose_split(const Words& sentence) {
  uint64_t hash = 0;
  for (const int64_t word : sentence) {
    hash = (hash ^ static_cast<uint64_t>(word + 1)) * 0x9E3779B97F4A7C15;
    hash ^= hash >> 32;
  }
  const uint64_t tenth = hash % 10;
  return tenth == 9 ? Split::test : tenth == 8 ? Split::validation : Split::train;
}

/// Translates sentences of the built-in grammar into an invented language. Rows repeat short
/// sentences, but no sentence of one split occurs in another: validation and test use sentences
/// that training never shows.
class TranslateTask : public Seq2SeqTask {
 public:
  void describe(OptionList& list) override {
    list.add("max_words", &max_words_,
             "words in the longest sentence, the full stop included; longer ones are redrawn")
        .at_least(4);
    Seq2SeqTask::describe(list);
  }

  TaskCard card() const override {
    return {
        .definition =
            "Translate sentences of the grammar task into an invented language with other "
            "words in another order. No sentence of one split occurs in another.",
        .judged =
            "Cross-entropy at every word. \"exact match\": every word is right; by the source's "
            "length. Alignment error rate of each cross-attention head.",
        .source =
            "Alignment as in Bahdanau, Cho & Bengio 2015 (1409.0473); the language is "
            "heed's"};
  }

 protected:
  PairExtent extent() const override {
    const int64_t longest = longest_sentence(grammar(), max_words_);
    return {.source_words = grammar().words(),
            .target_words = invented().words(),
            .longest_source = longest,
            .longest_target = longest};
  }

  Pair pair(Split split, int64_t row) const override {
    auto random = make_random(split, row);
    Words sentence;
    do {
      sentence = grammar().sample([&random] { return random.uniform(); }).words;
    } while (std::ssize(sentence) > max_words_ || choose_split(sentence) != split);
    auto [words, alignment, also_aligned] = invented().translate(sentence);
    return {.source = std::move(sentence),
            .target = std::move(words),
            .alignment = std::move(alignment),
            .also_aligned = std::move(also_aligned)};
  }

 private:
  static const GrammarLanguage& grammar() {
    static const GrammarLanguage language;
    return language;
  }
  static const InventedLanguage& invented() {
    static const InventedLanguage language(grammar());
    return language;
  }

  int64_t max_words_ = 24;
};

const Registration<Task, TranslateTask> translate_registration{
    "translate", "translate sentences of the built-in grammar into an invented language"};

}  // namespace
}  // namespace heed
