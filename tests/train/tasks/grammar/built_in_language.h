#pragma once

#include <cstdint>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "train/tasks/grammar/grammar_language.h"

// The tests of the grammar share one language, and look words up in it by their text.

namespace heed {

using Words = std::vector<int64_t>;

inline const GrammarLanguage& language() {
  static const GrammarLanguage built;
  return built;
}

inline int64_t id(const std::string& word) { return language().id(word).value(); }

inline const std::string& word_text(int64_t word) {
  return language().words()[static_cast<size_t>(word)];
}

inline Words ids(const std::string& text) {
  std::istringstream stream(text);
  Words words;
  for (std::string word; stream >> word;) words.push_back(id(word));
  return words;
}

inline double probability(int64_t belief, int64_t word) {
  return language().next_word(belief)[static_cast<size_t>(word)];
}

inline int64_t belief_after(const std::string& text) {
  int64_t belief = language().start();
  for (const int64_t word : ids(text)) belief = language().advance(belief, word);
  return belief;
}

inline double probability(const std::string& text, const std::string& word) {
  return probability(belief_after(text), id(word));
}

/// Draws sentences of the language.
class Sampler {
 public:
  explicit Sampler(uint64_t seed) : engine_(seed) {}
  GrammarLanguage::Sentence operator()() {
    return language().sample([this] { return static_cast<double>(engine_() >> 11) * 0x1p-53; });
  }

 private:
  std::mt19937_64 engine_;
};

/// The message of the std::invalid_argument that an action throws; "accepted" if it throws none.
template <class Action>
std::string refusal(const Action& action) {
  try {
    action();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace heed
