#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "train/tasks/grammar/grammar_language.h"

// Part of GrammarLanguage: its words.

namespace heed::grammar {

using Class = WordTraits::Class;
using Kind = WordTraits::Kind;
using Number = WordTraits::Number;

class Lexicon {
 public:
  Lexicon();

  const std::vector<std::string>& words() const { return words_; }
  const WordTraits& traits(int64_t word) const { return traits_.at(static_cast<size_t>(word)); }
  std::optional<int64_t> id(const std::string& word) const;
  bool contains(int64_t word) const { return word >= 0 && word < std::ssize(words_); }

  /// The ids of the words that have these traits. Traits that are not given may be anything.
  std::vector<int64_t> select(Class word_class, std::optional<Kind> kind = {},
                              std::optional<Number> number = {}) const;

 private:
  struct Forms {
    std::string singular;
    std::string plural;
  };

  void add(const std::string& word, WordTraits traits);
  void add_words(Class word_class, std::optional<Kind> kind, const std::vector<std::string>& words);
  void add_pairs(Class word_class, std::optional<Kind> kind, const std::vector<Forms>& pairs);

  std::vector<std::string> words_;
  std::vector<WordTraits> traits_;
  std::unordered_map<std::string, int64_t> ids_;
};

}  // namespace heed::grammar
