#include "train/tasks/grammar/grammar_lexicon.h"

namespace heed::grammar {

Lexicon::Lexicon() {
  add_words(Class::particle, {}, {".", ",", "the", "that", "because"});
  add_pairs(Class::pronoun, {}, {{"it", "they"}});
  add_pairs(Class::copula, {}, {{"was", "were"}});
  add_pairs(Class::noun, Kind::animal,
            {{"cat", "cats"},
             {"dog", "dogs"},
             {"bird", "birds"},
             {"horse", "horses"},
             {"fox", "foxes"},
             {"cow", "cows"},
             {"goat", "goats"},
             {"frog", "frogs"},
             {"rabbit", "rabbits"},
             {"hen", "hens"}});
  add_pairs(Class::noun, Kind::thing,
            {{"mat", "mats"},
             {"house", "houses"},
             {"box", "boxes"},
             {"table", "tables"},
             {"rock", "rocks"},
             {"chair", "chairs"},
             {"barrel", "barrels"},
             {"wall", "walls"},
             {"cart", "carts"},
             {"bench", "benches"}});
  add_pairs(Class::intransitive_verb, Kind::animal,
            {{"sleeps", "sleep"},
             {"runs", "run"},
             {"jumps", "jump"},
             {"eats", "eat"},
             {"sings", "sing"},
             {"hides", "hide"}});
  add_pairs(Class::intransitive_verb, Kind::thing,
            {{"stands", "stand"},
             {"falls", "fall"},
             {"shakes", "shake"},
             {"burns", "burn"},
             {"gleams", "gleam"}});
  add_pairs(Class::transitive_verb, Kind::animal,
            {{"chases", "chase"},
             {"sees", "see"},
             {"follows", "follow"},
             {"hears", "hear"},
             {"likes", "like"},
             {"finds", "find"}});
  add_words(Class::past_verb, Kind::animal, {"sat", "lay", "stood", "waited"});
  add_words(Class::preposition, {}, {"on", "near", "behind", "under"});
  add_words(Class::adjective, Kind::animal,
            {"tired", "hungry", "thirsty", "sleepy", "scared", "angry"});
  add_words(Class::adjective, Kind::thing,
            {"dusty", "wooden", "rusty", "cracked", "painted", "hollow"});
}

std::optional<int64_t> Lexicon::id(const std::string& word) const {
  const auto found = ids_.find(word);
  return found == ids_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<int64_t> Lexicon::select(Class word_class, std::optional<Kind> kind,
                                     std::optional<Number> number) const {
  std::vector<int64_t> selected;
  for (int64_t word = 0; word < std::ssize(words_); ++word) {
    const WordTraits& its = traits(word);
    if (its.word_class == word_class && (!kind || its.kind == kind) &&
        (!number || its.number == number)) {
      selected.push_back(word);
    }
  }
  return selected;
}

void Lexicon::add(const std::string& word, WordTraits traits) {
  ids_.emplace(word, std::ssize(words_));
  words_.push_back(word);
  traits_.push_back(traits);
}

void Lexicon::add_words(Class word_class, std::optional<Kind> kind,
                        const std::vector<std::string>& words) {
  for (const std::string& word : words) add(word, {.word_class = word_class, .kind = kind});
}

void Lexicon::add_pairs(Class word_class, std::optional<Kind> kind,
                        const std::vector<Forms>& pairs) {
  for (const auto& [singular, plural] : pairs) {
    const int64_t id = std::ssize(words_);
    WordTraits traits{.word_class = word_class, .kind = kind};
    traits.number = Number::singular;
    traits.other_number = id + 1;
    add(singular, traits);
    traits.number = Number::plural;
    traits.other_number = id;
    add(plural, traits);
  }
}

}  // namespace heed::grammar
