#include "train/tasks/grammar/grammar_links.h"

#include <stdexcept>

namespace heed {
namespace {

using Words = std::vector<int64_t>;

const std::string most_recent_noun = "the most recent noun";

// Which links of the language become gold links of one kind: from a word, or from the word before
// it.
struct Rule {
  Link::Kind kind;
  bool before;
  GoldLinks links;
};

std::vector<Rule> rules() {
  using Kind = Link::Kind;
  const auto links = [](const std::string& name, const std::string& from, const std::string& to,
                        bool decides) {
    GoldLinks made;
    made.name = name;
    made.from = from;
    made.to = to;
    made.heuristic = most_recent_noun;
    made.decides = decides;
    return made;
  };
  return {
      {Kind::verb_subject, true,
       links("subject", "the word before a verb", "the verb's subject", true)},
      {Kind::verb_subject, false, links("verb", "a verb", "its subject", false)},
      {Kind::mention_antecedent, true,
       links("mention", "the word before a noun named again", "its first mention", true)},
      {Kind::pronoun_antecedent, false, links("antecedent", "a pronoun", "the noun meant", false)}};
}

int64_t last_noun(const GrammarLanguage& language, const Words& row, int64_t until) {
  for (int64_t t = until; t >= 0; --t)
    if (language.traits(row[static_cast<size_t>(t)]).is_noun()) return t;
  return -1;
}

}  // namespace

std::vector<Words> split_sentences(const GrammarLanguage& language, const Words& row) {
  const int64_t full_stop = *language.id(".");
  std::vector<Words> sentences;
  bool open = false;
  for (const int64_t word : row) {
    if (!open) sentences.emplace_back();
    sentences.back().push_back(word);
    open = word != full_stop;
  }
  return sentences;
}

std::vector<Link> known_links(const GrammarLanguage& language, const Words& sentence) {
  if (sentence.back() != *language.id(".")) return {};
  try {
    return language.parse(sentence);
  } catch (const std::invalid_argument&) {
    return {};  // a user's text need not be grammatical
  }
}

std::vector<GoldLinks> grammar_links(const GrammarLanguage& language,
                                     const std::vector<Words>& rows) {
  auto found = rules();
  for (size_t r = 0; r < rows.size(); ++r) {
    int64_t start = 0;
    for (const auto& sentence : split_sentences(language, rows[r])) {
      for (const auto& link : known_links(language, sentence))
        for (auto& [kind, before, links] : found) {
          const int64_t query = start + link.from - (before ? 1 : 0);
          if (link.kind != kind || query >= std::ssize(rows[r]) - 1) continue;
          links.links.push_back(
              {.row = static_cast<int64_t>(r),
               .query = query,
               .keys = {start + link.to},
               .heuristic = last_noun(language, rows[r], query - (before ? 0 : 1))});
        }
      start += std::ssize(sentence);
    }
  }
  std::vector<GoldLinks> result;
  for (auto& rule : found) result.push_back(std::move(rule.links));
  return result;
}

}  // namespace heed
