#include "train/tasks/grammar_language.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <compare>
#include <map>
#include <numeric>
#include <stdexcept>
#include <unordered_map>
#include <utility>

namespace heed {
namespace {

using Class = WordTraits::Class;
using Kind = WordTraits::Kind;
using Number = WordTraits::Number;
using Sentence = GrammarLanguage::Sentence;

constexpr std::array both_numbers = {Number::singular, Number::plural};
constexpr std::array both_kinds = {Kind::animal, Kind::thing};

// ---- Words ----

class Lexicon {
 public:
  Lexicon();

  const std::vector<std::string>& words() const { return words_; }
  const WordTraits& traits(int64_t word) const { return traits_.at(static_cast<size_t>(word)); }
  std::optional<int64_t> id(const std::string& word) const;
  bool contains(int64_t word) const { return word >= 0 && word < std::ssize(words_); }

  /// The ids of the words that have these traits; a trait not given may be anything.
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

// ---- The grammar ----

enum class Type {
  // To be expanded.
  sentence,
  agreement,       // a subject, whatever hangs on it, and its verb
  coreference,     // "the cat sat on the mat because it was tired"
  noun_phrase,     // of known number and kind
  object,          // a noun phrase of any number and kind
  modifier,        // what may follow a noun: nothing, "on the mat", a relative clause
  embedded,        // the inside of an object relative: "the dog chases"
  verb_phrase,     // "sleeps", "chases the dog"
  short_relative,  // "that sleeps", or nothing
  place,           // "the mat because ...", once the animal is known
  reason,          // "it was tired ...", once animal and thing are known
  mention_again,   // ", the cat", or nothing
  any,             // one of the words of a class
  // Words.
  word,
  mention,  // a noun named again
};

/// Clauses nest in slots 0 to deepest. The noun that a clause is about holds the slot; the verbs,
/// pronouns and mentions of the same slot depend on it.
constexpr int deepest = 3;
constexpr int no_slot = -1;
// Coreference does not nest: its two nouns hold the first two slots.
constexpr int animal_slot = 0;
constexpr int thing_slot = 1;

struct Symbol {
  Type type = Type::word;
  std::optional<Number> number = {};
  std::optional<Kind> kind = {};
  int slot = no_slot;
  Class word_class = Class::particle;  // of any
  int64_t word = -1;                   // of a word; the animal in place and reason
  int64_t thing = -1;                  // in reason

  bool is_word() const { return type == Type::word || type == Type::mention; }
  auto operator<=>(const Symbol&) const = default;
};

/// One way to expand a symbol. Weights are relative to those of the symbol's other alternatives.
struct Alternative {
  int64_t weight = 1;
  std::vector<Symbol> symbols;
};

struct ModifierWeights {
  int64_t nothing;
  int64_t prepositional;
  int64_t object_relative;
  int64_t subject_relative;
};

// By slot. Most sentences stay short; six in a thousand nest object relatives to the full depth.
constexpr std::array<ModifierWeights, deepest + 1> modifier_weights = {
    {{40, 20, 25, 15}, {50, 20, 20, 10}, {55, 20, 20, 5}, {80, 20, 0, 0}}};

/// The one definition of the language: it is drawn, predicted and parsed from these rules.
class Rules {
 public:
  explicit Rules(const Lexicon& lexicon) : lexicon_(lexicon) {}

  std::vector<Alternative> alternatives(const Symbol& symbol) const;

 private:
  std::vector<Alternative> sentence() const;
  std::vector<Alternative> agreement() const;
  std::vector<Alternative> noun_phrase(const Symbol& phrase) const;
  std::vector<Alternative> object(const Symbol& phrase) const;
  std::vector<Alternative> modifier(const Symbol& noun) const;
  std::vector<Alternative> embedded(const Symbol& clause) const;
  std::vector<Alternative> verb_phrase(const Symbol& subject) const;
  std::vector<Alternative> coreference() const;
  std::vector<Alternative> short_relative(const Symbol& noun) const;
  std::vector<Alternative> place(const Symbol& known) const;
  std::vector<Alternative> reason(const Symbol& known) const;
  std::vector<Alternative> mention_again(const Symbol& antecedent) const;
  std::vector<Alternative> any(const Symbol& wanted) const;

  Symbol word(const std::string& text) const { return {.word = lexicon_.id(text).value()}; }
  /// A symbol about a certain noun.
  Symbol about(int64_t noun, Type type, int slot) const;
  std::vector<Symbol> because(int64_t antecedent, int slot) const;

  const Lexicon& lexicon_;
};

Symbol one_of(Class word_class, std::optional<Kind> kind = {}, std::optional<Number> number = {},
              int slot = no_slot) {
  return {
      .type = Type::any, .number = number, .kind = kind, .slot = slot, .word_class = word_class};
}

Symbol as(Type type, Symbol symbol) {
  symbol.type = type;
  return symbol;
}

std::vector<Alternative> Rules::alternatives(const Symbol& symbol) const {
  switch (symbol.type) {
    case Type::sentence:
      return sentence();
    case Type::agreement:
      return agreement();
    case Type::coreference:
      return coreference();
    case Type::noun_phrase:
      return noun_phrase(symbol);
    case Type::object:
      return object(symbol);
    case Type::modifier:
      return modifier(symbol);
    case Type::embedded:
      return embedded(symbol);
    case Type::verb_phrase:
      return verb_phrase(symbol);
    case Type::short_relative:
      return short_relative(symbol);
    case Type::place:
      return place(symbol);
    case Type::reason:
      return reason(symbol);
    case Type::mention_again:
      return mention_again(symbol);
    case Type::any:
      return any(symbol);
    case Type::word:
    case Type::mention:
      break;
  }
  return {};
}

std::vector<Alternative> Rules::sentence() const {
  return {{65, {{.type = Type::agreement}, word(".")}},
          {35, {{.type = Type::coreference}, word(".")}}};
}

// Agreement.

std::vector<Alternative> Rules::agreement() const {
  std::vector<Alternative> ways;
  for (const Kind kind : both_kinds) {
    for (const Number number : both_numbers) {
      const Symbol subject{.type = Type::noun_phrase, .number = number, .kind = kind, .slot = 0};
      ways.push_back({1, {subject, as(Type::verb_phrase, subject)}});
    }
  }
  return ways;
}

std::vector<Alternative> Rules::noun_phrase(const Symbol& phrase) const {
  const Symbol noun = one_of(Class::noun, phrase.kind, phrase.number, phrase.slot);
  return {{1, {word("the"), noun, as(Type::modifier, phrase)}}};
}

std::vector<Alternative> Rules::object(const Symbol& phrase) const {
  std::vector<Alternative> ways;
  for (const Kind kind : both_kinds) {
    for (const Number number : both_numbers) {
      ways.push_back(
          {1, {{.type = Type::noun_phrase, .number = number, .kind = kind, .slot = phrase.slot}}});
    }
  }
  return ways;
}

std::vector<Alternative> Rules::modifier(const Symbol& noun) const {
  const ModifierWeights& weights = modifier_weights.at(static_cast<size_t>(noun.slot));
  std::vector<Alternative> ways = {
      {weights.nothing, {}},
      {weights.prepositional, {one_of(Class::preposition), word("the"), one_of(Class::noun)}},
  };
  if (noun.slot < deepest) {
    const Symbol embedded{.type = Type::embedded, .slot = noun.slot + 1};
    ways.push_back({weights.object_relative, {word("that"), embedded}});
    ways.push_back({weights.subject_relative, {word("that"), as(Type::verb_phrase, noun)}});
  }
  return ways;
}

std::vector<Alternative> Rules::embedded(const Symbol& clause) const {
  std::vector<Alternative> ways;
  for (const Number number : both_numbers) {
    const Symbol subject{
        .type = Type::noun_phrase, .number = number, .kind = Kind::animal, .slot = clause.slot};
    ways.push_back(
        {1, {subject, one_of(Class::transitive_verb, Kind::animal, number, clause.slot)}});
  }
  return ways;
}

std::vector<Alternative> Rules::verb_phrase(const Symbol& subject) const {
  const auto verb = [&](Class verb_class) {
    return one_of(verb_class, subject.kind, subject.number, subject.slot);
  };
  std::vector<Alternative> ways = {{1, {verb(Class::intransitive_verb)}}};
  if (subject.kind == Kind::animal) {
    const Symbol object{.type = Type::object, .slot = subject.slot + 1};
    ways.push_back({1, {verb(Class::transitive_verb), object}});
  }
  return ways;
}

// Coreference. Which nouns were named has to be carried along, as one of them may be named again.

std::vector<Alternative> Rules::coreference() const {
  std::vector<Alternative> ways;
  for (const int64_t animal : lexicon_.select(Class::noun, Kind::animal)) {
    ways.push_back({1,
                    {word("the"),
                     about(animal, Type::word, animal_slot),
                     about(animal, Type::short_relative, animal_slot),
                     one_of(Class::past_verb),
                     one_of(Class::preposition),
                     {.type = Type::place, .word = animal}}});
  }
  return ways;
}

std::vector<Alternative> Rules::short_relative(const Symbol& noun) const {
  const Symbol verb = one_of(Class::intransitive_verb, noun.kind, noun.number, noun.slot);
  return {{3, {}}, {1, {word("that"), verb}}};
}

std::vector<Alternative> Rules::place(const Symbol& known) const {
  std::vector<Alternative> ways;
  for (const int64_t thing : lexicon_.select(Class::noun, Kind::thing)) {
    ways.push_back({1,
                    {word("the"),
                     about(thing, Type::word, thing_slot),
                     about(thing, Type::short_relative, thing_slot),
                     word("because"),
                     {.type = Type::reason, .word = known.word, .thing = thing}}});
  }
  return ways;
}

std::vector<Alternative> Rules::reason(const Symbol& known) const {
  return {{1, because(known.word, animal_slot)}, {1, because(known.thing, thing_slot)}};
}

std::vector<Symbol> Rules::because(int64_t antecedent, int slot) const {
  const WordTraits& noun = lexicon_.traits(antecedent);
  return {one_of(Class::pronoun, {}, noun.number, slot), one_of(Class::copula, {}, noun.number),
          one_of(Class::adjective, noun.kind), about(antecedent, Type::mention_again, slot)};
}

std::vector<Alternative> Rules::mention_again(const Symbol& antecedent) const {
  return {{1, {}}, {1, {word(","), word("the"), as(Type::mention, antecedent)}}};
}

std::vector<Alternative> Rules::any(const Symbol& wanted) const {
  std::vector<Alternative> ways;
  for (const int64_t id : lexicon_.select(wanted.word_class, wanted.kind, wanted.number)) {
    ways.push_back({1, {{.slot = wanted.slot, .word = id}}});
  }
  return ways;
}

Symbol Rules::about(int64_t noun, Type type, int slot) const {
  const WordTraits& traits = lexicon_.traits(noun);
  return {.type = type, .number = traits.number, .kind = traits.kind, .slot = slot, .word = noun};
}

// ---- The grammar, numbered ----

/// Symbols still to come, the next one last.
using Pending = std::vector<int>;

/// The part of an alternative that a program needs: symbols by number.
struct Production {
  int64_t weight = 1;
  Pending symbols;  // the first one last
};

struct NumberedSymbol {
  Symbol symbol;
  int64_t total_weight = 0;
  std::vector<Production> productions;
};

/// All symbols that can occur in a sentence; number 0 is the sentence itself.
std::vector<NumberedSymbol> number_symbols(const Rules& rules) {
  std::vector<NumberedSymbol> numbered;
  std::map<Symbol, int> numbers;
  const auto number_of = [&](const Symbol& symbol) {
    const auto [entry, is_new] = numbers.try_emplace(symbol, static_cast<int>(numbered.size()));
    if (is_new) numbered.push_back({.symbol = symbol, .productions = {}});
    return entry->second;
  };
  number_of({.type = Type::sentence});
  for (size_t next = 0; next < numbered.size(); ++next) {
    for (const auto& [weight, symbols] : rules.alternatives(numbered[next].symbol)) {
      Production production{.weight = weight, .symbols = {}};
      for (const Symbol& symbol : symbols) production.symbols.push_back(number_of(symbol));
      std::reverse(production.symbols.begin(), production.symbols.end());
      numbered[next].total_weight += weight;
      numbered[next].productions.push_back(std::move(production));
    }
  }
  return numbered;
}

}  // namespace

struct NumberedGrammar {
  Lexicon lexicon;
  std::vector<NumberedSymbol> symbols = number_symbols(Rules(lexicon));

  const NumberedSymbol& at(int number) const { return symbols[static_cast<size_t>(number)]; }
};

namespace {

// ---- Expanding symbols ----

struct Fraction {
  int64_t numerator = 0;
  int64_t denominator = 1;
};

Fraction reduced(int64_t numerator, int64_t denominator) {
  const int64_t divisor = std::gcd(numerator, denominator);
  return {numerator / divisor, denominator / divisor};
}

Fraction operator*(const Fraction& a, const Fraction& b) {
  const Fraction left = reduced(a.numerator, b.denominator);
  const Fraction right = reduced(b.numerator, a.denominator);
  return {left.numerator * right.numerator, left.denominator * right.denominator};
}

Fraction operator+(const Fraction& a, const Fraction& b) {
  const int64_t common = std::lcm(a.denominator, b.denominator);
  return reduced(a.numerator * (common / a.denominator) + b.numerator * (common / b.denominator),
                 common);
}

double to_double(const Fraction& fraction) {
  return static_cast<double>(fraction.numerator) / static_cast<double>(fraction.denominator);
}

Pending whole_sentence() { return {0}; }

/// Expands the next symbol in all ways until each has a word first, and visits (word, what is
/// pending after it, weight of the way).
template <typename Visit>
void for_each_next_word(const NumberedGrammar& grammar, Pending pending, const Fraction& weight,
                        const Visit& visit) {
  if (pending.empty()) return;
  const NumberedSymbol& next = grammar.at(pending.back());
  pending.pop_back();
  if (next.symbol.is_word()) {
    visit(next.symbol, pending, weight);
    return;
  }
  for (const Production& production : next.productions) {
    Pending expanded = pending;
    expanded.insert(expanded.end(), production.symbols.begin(), production.symbols.end());
    for_each_next_word(grammar, std::move(expanded),
                       weight * Fraction{production.weight, next.total_weight}, visit);
  }
}

// ---- Drawing and parsing ----

/// A sentence under way.
struct Derivation {
  Pending pending = whole_sentence();
  Sentence sentence = {};
  std::array<int64_t, deepest + 1> holders = {};  // positions of the nouns that hold the slots

  void append(const Symbol& word, const Lexicon& lexicon);
  void link(Link::Kind kind, const Symbol& word);
  void link_verb(const Symbol& verb, const Lexicon& lexicon);
};

void Derivation::append(const Symbol& word, const Lexicon& lexicon) {
  const WordTraits& traits = lexicon.traits(word.word);
  if (word.type == Type::mention) {
    link(Link::Kind::mention_antecedent, word);
  } else if (word.slot != no_slot && traits.is_noun()) {
    holders.at(static_cast<size_t>(word.slot)) = std::ssize(sentence.words);
  } else if (traits.is_present_verb()) {
    link_verb(word, lexicon);
  } else if (traits.word_class == Class::pronoun) {
    link(Link::Kind::pronoun_antecedent, word);
  }
  sentence.words.push_back(word.word);
}

void Derivation::link(Link::Kind kind, const Symbol& word) {
  sentence.links.push_back({.kind = kind,
                            .from = std::ssize(sentence.words),
                            .to = holders.at(static_cast<size_t>(word.slot))});
}

void Derivation::link_verb(const Symbol& verb, const Lexicon& lexicon) {
  link(Link::Kind::verb_subject, verb);
  Link& made = sentence.links.back();
  const auto number = lexicon.traits(verb.word).number;
  made.attractors =
      std::count_if(sentence.words.begin() + made.to + 1, sentence.words.end(), [&](int64_t word) {
        const WordTraits& traits = lexicon.traits(word);
        return traits.is_noun() && traits.number != number;
      });
}

const Production& draw(const NumberedSymbol& symbol, const GrammarLanguage::Uniform& uniform) {
  auto left = static_cast<int64_t>(uniform() * static_cast<double>(symbol.total_weight));
  left = std::min(left, symbol.total_weight - 1);
  auto production = symbol.productions.begin();
  for (; left >= production->weight; ++production) left -= production->weight;
  return *production;
}

std::invalid_argument misplaced(const Lexicon& lexicon, int64_t word, int64_t position) {
  const std::string name = lexicon.contains(word)
                               ? '"' + lexicon.words()[static_cast<size_t>(word)] + '"'
                               : "the unknown word " + std::to_string(word);
  return std::invalid_argument(name + " cannot stand at position " + std::to_string(position) +
                               " of the sentence");
}

std::vector<Derivation> continued(const NumberedGrammar& grammar,
                                  const std::vector<Derivation>& derivations, int64_t word) {
  std::vector<Derivation> next;
  for (const Derivation& derivation : derivations) {
    for_each_next_word(grammar, derivation.pending, {1, 1},
                       [&](const Symbol& possible, const Pending& rest, const Fraction&) {
                         if (possible.word != word) return;
                         next.push_back(derivation);
                         next.back().pending = rest;
                         next.back().append(possible, grammar.lexicon);
                       });
  }
  return next;
}

// ---- Prediction ----

using Weighted = std::map<Pending, Fraction>;

/// What is pending, in all ways that agree with the words so far, and the ways' weights. The
/// weights are integers without a common divisor, and exact: equal beliefs are equal keys.
using BeliefKey = std::vector<std::pair<Pending, int64_t>>;

BeliefKey key_of(const Weighted& ways) {
  int64_t common = 1;
  for (const auto& [pending, weight] : ways) common = std::lcm(common, weight.denominator);
  BeliefKey key;
  int64_t divisor = 0;
  for (const auto& [pending, weight] : ways) {
    key.emplace_back(pending, weight.numerator * (common / weight.denominator));
    divisor = std::gcd(divisor, key.back().second);
  }
  for (auto& [pending, weight] : key) weight /= divisor;
  return key;
}

/// By next word, the ways to go on after it. The weights of all sum to one.
std::map<int64_t, Weighted> continuations(const NumberedGrammar& grammar, const BeliefKey& belief) {
  int64_t total = 0;
  for (const auto& [pending, weight] : belief) total += weight;
  std::map<int64_t, Weighted> next;
  for (const auto& [pending, weight] : belief) {
    for_each_next_word(grammar, pending, reduced(weight, total),
                       [&](const Symbol& word, const Pending& rest, const Fraction& share) {
                         Fraction& sum = next[word.word][rest.empty() ? whole_sentence() : rest];
                         sum = sum + share;
                       });
  }
  return next;
}

double probability_of(const Weighted& ways) {
  Fraction sum;
  for (const auto& [pending, weight] : ways) sum = sum + weight;
  return to_double(sum);
}

double entropy_of(const std::vector<double>& probabilities) {
  double entropy = 0;
  for (const double p : probabilities) entropy -= p > 0 ? p * std::log(p) : 0;
  return entropy;
}

/// Gives every belief the number of its first occurrence.
class BeliefNumbers {
 public:
  int64_t number_of(BeliefKey key) {
    const auto [entry, is_new] = numbers_.try_emplace(std::move(key), std::ssize(keys_));
    if (is_new) keys_.push_back(&entry->first);
    return entry->second;
  }
  const BeliefKey& key(size_t number) const { return *keys_[number]; }
  size_t size() const { return keys_.size(); }

 private:
  std::map<BeliefKey, int64_t> numbers_;
  std::vector<const BeliefKey*> keys_;
};

}  // namespace

// ---- The language ----

GrammarLanguage::GrammarLanguage() : grammar_(std::make_shared<const NumberedGrammar>()) {
  explore();
  measure_sentences();
}

const std::vector<std::string>& GrammarLanguage::words() const { return grammar_->lexicon.words(); }

std::optional<int64_t> GrammarLanguage::id(const std::string& word) const {
  return grammar_->lexicon.id(word);
}

const WordTraits& GrammarLanguage::traits(int64_t word) const {
  return grammar_->lexicon.traits(word);
}

GrammarLanguage::Sentence GrammarLanguage::sample(const Uniform& uniform) const {
  Derivation derivation;
  Pending& pending = derivation.pending;
  while (!pending.empty()) {
    const NumberedSymbol& next = grammar_->at(pending.back());
    pending.pop_back();
    if (next.symbol.is_word()) {
      derivation.append(next.symbol, grammar_->lexicon);
    } else {
      const Pending& symbols = draw(next, uniform).symbols;
      pending.insert(pending.end(), symbols.begin(), symbols.end());
    }
  }
  return std::move(derivation.sentence);
}

std::vector<Link> GrammarLanguage::parse(const std::vector<int64_t>& words) const {
  std::vector<Derivation> derivations(1);
  for (int64_t position = 0; position < std::ssize(words); ++position) {
    const int64_t word = words[static_cast<size_t>(position)];
    derivations = continued(*grammar_, derivations, word);
    if (derivations.empty()) throw misplaced(grammar_->lexicon, word, position);
  }
  // A whole sentence has one derivation; while a pronoun is open, there are two.
  if (!derivations.front().pending.empty()) {
    throw std::invalid_argument("the sentence breaks off after " + std::to_string(words.size()) +
                                " words, before its \".\"");
  }
  return derivations.front().sentence.links;
}

int64_t GrammarLanguage::belief_count() const { return std::ssize(beliefs_); }

int64_t GrammarLanguage::start() const { return 0; }

const std::vector<double>& GrammarLanguage::next_word(int64_t belief) const {
  return beliefs_.at(static_cast<size_t>(belief)).next_word;
}

int64_t GrammarLanguage::advance(int64_t belief, int64_t word) const {
  const std::vector<int64_t>& after = beliefs_.at(static_cast<size_t>(belief)).after;
  return grammar_->lexicon.contains(word) ? after[static_cast<size_t>(word)] : -1;
}

double GrammarLanguage::mean_entropy(int64_t length) const {
  if (length < 1) throw std::invalid_argument("mean_entropy needs a length of at least 1");
  const auto positions = static_cast<size_t>(length) + 1;
  // Each position passes on the sentences that begin there: their words' entropies, their ends.
  std::vector<double> begins(positions + 1);
  std::vector<double> entropy(positions);
  begins[0] = 1;
  for (size_t first = 0; first < positions; ++first) {
    for (size_t word = 0; word < std::min(ends_at_.size(), positions - first); ++word) {
      entropy[first + word] += begins[first] * entropy_at_[word];
      begins[first + word + 1] += begins[first] * ends_at_[word];
    }
  }
  return std::accumulate(entropy.begin() + 1, entropy.end(), 0.0) / static_cast<double>(length);
}

void GrammarLanguage::explore() {
  BeliefNumbers numbers;
  numbers.number_of({{whole_sentence(), 1}});
  const size_t vocabulary = words().size();
  for (size_t number = 0; number < numbers.size(); ++number) {
    Belief belief{.next_word = std::vector<double>(vocabulary),
                  .after = std::vector<int64_t>(vocabulary, -1)};
    for (const auto& [word, ways] : continuations(*grammar_, numbers.key(number))) {
      belief.next_word[static_cast<size_t>(word)] = probability_of(ways);
      belief.after[static_cast<size_t>(word)] = numbers.number_of(key_of(ways));
    }
    belief.entropy = entropy_of(belief.next_word);
    beliefs_.push_back(std::move(belief));
  }
}

void GrammarLanguage::measure_sentences() {
  std::vector<double> share(beliefs_.size());  // of each belief, before the word in question
  share[0] = 1;
  for (double unfinished = 1; unfinished > 0;) {
    mean_length_ += unfinished;
    entropy_at_.push_back(expected_entropy(share));
    share = propagate(share);
    ends_at_.push_back(std::exchange(share[0], 0));
    unfinished = std::accumulate(share.begin(), share.end(), 0.0);
  }
  sentence_entropy_ = std::accumulate(entropy_at_.begin(), entropy_at_.end(), 0.0);
}

/// The shares of the beliefs one word later.
std::vector<double> GrammarLanguage::propagate(const std::vector<double>& share) const {
  std::vector<double> next(beliefs_.size());
  for (size_t number = 0; number < beliefs_.size(); ++number) {
    if (share[number] == 0) continue;
    const Belief& belief = beliefs_[number];
    for (size_t word = 0; word < belief.after.size(); ++word) {
      if (belief.after[word] < 0) continue;
      next[static_cast<size_t>(belief.after[word])] += share[number] * belief.next_word[word];
    }
  }
  return next;
}

double GrammarLanguage::expected_entropy(const std::vector<double>& share) const {
  double sum = 0;
  for (size_t belief = 0; belief < beliefs_.size(); ++belief) {
    sum += share[belief] * beliefs_[belief].entropy;
  }
  return sum;
}

}  // namespace heed
