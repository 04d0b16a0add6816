#include "train/tasks/grammar/grammar_rules.h"

#include <array>

namespace heed::grammar {
namespace {

constexpr std::array both_numbers = {Number::singular, Number::plural};
constexpr std::array both_kinds = {Kind::animal, Kind::thing};

// Coreference does not nest: its two nouns have the first two slots.
constexpr int animal_slot = 0;
constexpr int thing_slot = 1;

struct ModifierWeights {
  int64_t nothing;
  int64_t prepositional;
  int64_t object_relative;
  int64_t subject_relative;
};

// By slot. Most sentences stay short; six in a thousand nest object relatives to the full depth.
constexpr std::array<ModifierWeights, deepest + 1> modifier_weights = {
    {{40, 20, 25, 15}, {50, 20, 20, 10}, {55, 20, 20, 5}, {80, 20, 0, 0}}};

Symbol any_word(Class word_class, std::optional<Kind> kind = {}, std::optional<Number> number = {},
                int slot = no_slot) {
  return {
      .type = Type::any, .number = number, .kind = kind, .slot = slot, .word_class = word_class};
}

Symbol as(Type type, Symbol symbol) {
  symbol.type = type;
  return symbol;
}

}  // namespace

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
  const Symbol noun = any_word(Class::noun, phrase.kind, phrase.number, phrase.slot);
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
      {weights.prepositional, {any_word(Class::preposition), word("the"), any_word(Class::noun)}},
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
        {1, {subject, any_word(Class::transitive_verb, Kind::animal, number, clause.slot)}});
  }
  return ways;
}

std::vector<Alternative> Rules::verb_phrase(const Symbol& subject) const {
  const auto verb = [&](Class verb_class) {
    return any_word(verb_class, subject.kind, subject.number, subject.slot);
  };
  std::vector<Alternative> ways = {{1, {verb(Class::intransitive_verb)}}};
  if (subject.kind == Kind::animal) {
    const Symbol object{.type = Type::object, .slot = subject.slot + 1};
    ways.push_back({1, {verb(Class::transitive_verb), object}});
  }
  return ways;
}

// Coreference. Symbols carry the nouns named so far, since one of them may be named again.

std::vector<Alternative> Rules::coreference() const {
  std::vector<Alternative> ways;
  for (const int64_t animal : lexicon_.select(Class::noun, Kind::animal)) {
    ways.push_back({1,
                    {word("the"),
                     about(animal, Type::word, animal_slot),
                     about(animal, Type::short_relative, animal_slot),
                     any_word(Class::past_verb),
                     any_word(Class::preposition),
                     {.type = Type::place, .word = animal}}});
  }
  return ways;
}

std::vector<Alternative> Rules::short_relative(const Symbol& noun) const {
  const Symbol verb = any_word(Class::intransitive_verb, noun.kind, noun.number, noun.slot);
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
  return {any_word(Class::pronoun, {}, noun.number, slot), any_word(Class::copula, {}, noun.number),
          any_word(Class::adjective, noun.kind), about(antecedent, Type::mention_again, slot)};
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

}  // namespace heed::grammar
