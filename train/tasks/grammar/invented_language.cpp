#include "train/tasks/grammar/invented_language.h"

#include <algorithm>
#include <stdexcept>
#include <string_view>

namespace heed {
namespace {

using Class = WordTraits::Class;
using Kind = WordTraits::Kind;
using Number = WordTraits::Number;
using Words = std::vector<int64_t>;

// Lists the positions of a grammatical sentence in the order of the invented language. Reads it
// once from left to right: the next word decides how to continue.
class Reordering {
 public:
  Reordering(const GrammarLanguage& language, const Words& sentence, int64_t the, int64_t that)
      : language_(language), sentence_(sentence), the_(the), that_(that) {
    order_.reserve(sentence.size());
    noun_phrase();
    class_here() == Class::past_verb ? coreference() : verb_phrase();
    while (position_ + 1 < std::ssize(sentence)) keep();  // all but the full stop
  }

  const Words& order() const { return order_; }

 private:
  int64_t word_here() const { return sentence_[static_cast<size_t>(position_)]; }
  Class class_here() const { return language_.traits(word_here()).word_class; }

  // A word keeps its place, or is held back to be put after the words that follow it.
  void keep() { put(hold()); }
  int64_t hold() { return position_++; }
  void put(int64_t position) { order_.push_back(position); }

  void noun_phrase() {
    keep();  // "the"
    keep();
    if (class_here() == Class::preposition) {
      place();
    } else if (word_here() == that_) {
      relative();
    }
  }

  void place() {
    const int64_t preposition = hold();
    noun_phrase();
    put(preposition);
  }

  void relative() {
    keep();  // "that"
    if (word_here() != the_) return verb_phrase();
    noun_phrase();
    keep();  // the verb
  }

  void verb_phrase() {
    const bool has_object = class_here() == Class::transitive_verb;
    const int64_t verb = hold();
    if (has_object) noun_phrase();
    put(verb);
  }

  void coreference() {
    const int64_t verb = hold();
    place();
    put(verb);
    hold();  // "because": left out
    keep();  // the pronoun
    hold();  // the copula: left out
    keep();  // the adjective
  }

  const GrammarLanguage& language_;
  const Words& sentence_;
  const int64_t the_;
  const int64_t that_;
  int64_t position_ = 0;
  Words order_;
};

constexpr std::string_view consonants = "bdfgklmnprst";
constexpr std::string_view vowels = "aeiou";

// One of 720 stems: consonant, vowel, consonant. Different numbers below 720 give different stems,
// and neighbours do not sound alike.
std::string stem(int64_t number) {
  constexpr int64_t stems = 12 * 5 * 12;
  const auto mixed = static_cast<size_t>(number * 277 % stems);  // no divisor in common
  return {consonants[mixed % 12], vowels[mixed / 12 % 5], consonants[mixed / 60]};
}

std::string ending(Class word_class) {
  switch (word_class) {
    case Class::noun:
      return "o";
    case Class::intransitive_verb:
    case Class::transitive_verb:
    case Class::past_verb:
      return "ir";
    case Class::adjective:
      return "al";
    case Class::pronoun:
      return "e";
    case Class::copula:
    case Class::preposition:
    case Class::particle:
      break;
  }
  return "";
}

// No stem begins with "z".
std::string make_article(Kind kind, Number number) {
  const std::string singular = kind == Kind::animal ? "za" : "ze";
  return number == Number::plural ? singular + "n" : singular;
}

std::string quote_word(const GrammarLanguage& language, int64_t word) {
  const auto& words = language.words();
  return word >= 0 && word < std::ssize(words) ? '"' + words[static_cast<size_t>(word)] + '"'
                                               : "the unknown word " + std::to_string(word);
}

}  // namespace

InventedLanguage::InventedLanguage(const GrammarLanguage& language)
    : language_(language), the_(language.id("the").value()), that_(language.id("that").value()) {
  for (const Kind kind : {Kind::animal, Kind::thing})
    for (const Number number : {Number::singular, Number::plural})
      articles_[{kind, number}] = add(make_article(kind, number));
  for (int64_t word = 0; word < std::ssize(language.words()); ++word)
    word_for_.push_back(word == the_ || is_left_out(word) ? -1 : add_word_for(word));
}

int64_t InventedLanguage::add(const std::string& word) {
  words_.push_back(word);
  return std::ssize(words_) - 1;
}

bool InventedLanguage::is_left_out(int64_t word) const {
  const auto& text = language_.words()[static_cast<size_t>(word)];
  return text == "." || text == "because" || language_.traits(word).word_class == Class::copula;
}

int64_t InventedLanguage::add_word_for(int64_t word) {
  const auto& text = language_.words()[static_cast<size_t>(word)];
  if (text == ",") return add(text);
  const auto& traits = language_.traits(word);
  const auto number = traits.other_number ? std::min(word, *traits.other_number) : word;
  const auto form = stem(number) + ending(traits.word_class);
  if (number == word) return add(form);
  // The second form of a word.
  return traits.word_class == Class::pronoun ? add(form + "n")
                                             : word_for_[static_cast<size_t>(number)];
}

InventedLanguage::Translation InventedLanguage::translate(const Words& sentence) const {
  check(sentence);
  Translation result{.words = {},
                     .alignment = Reordering(language_, sentence, the_, that_).order(),
                     .also_aligned = {}};
  result.words.reserve(sentence.size());
  for (const int64_t position : result.alignment) {
    const auto word = sentence.begin() + position;
    const bool article = *word == the_;
    result.words.push_back(article ? find_article(*(word + 1))
                                   : word_for_[static_cast<size_t>(*word)]);
    const bool pronoun = language_.traits(*word).word_class == Class::pronoun;
    result.also_aligned.push_back(article || pronoun ? position + 1 : -1);
  }
  return result;
}

int64_t InventedLanguage::find_article(int64_t noun) const {
  const auto& traits = language_.traits(noun);
  return articles_.at({traits.kind.value(), traits.number.value()});
}

void InventedLanguage::check(const Words& sentence) const {
  int64_t belief = language_.start();
  for (int64_t position = 0; position < std::ssize(sentence); ++position) {
    const int64_t word = sentence[static_cast<size_t>(position)];
    const bool has_ended = position > 0 && belief == language_.start();
    belief = has_ended ? -1 : language_.advance(belief, word);
    if (belief < 0)
      throw std::invalid_argument(quote_word(language_, word) + " cannot be at position " +
                                  std::to_string(position) + " of the sentence");
  }
  if (sentence.empty() || belief != language_.start())
    throw std::invalid_argument("the sentence breaks off after " + std::to_string(sentence.size()) +
                                " words, before its \".\"");
}

}  // namespace heed
