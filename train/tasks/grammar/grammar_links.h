#pragma once

#include <cstdint>
#include <vector>

#include "train/data/batch.h"
#include "train/tasks/grammar/grammar_language.h"

namespace heed {

/// The true links of rows of the built-in language, for models that read each row without its last
/// word and predict each next word:
///   subject      from the word before a present-tense verb, where its form is predicted, to its
///                subject's noun
///   verb         from the verb itself, once it is read, to the same noun
///   mention      from the word before a noun that is named again to its first mention
///   antecedent   from a pronoun to the noun meant
/// The heuristic of all of them is the most recent noun. Incomplete and ungrammatical sentences
/// have no links.
std::vector<GoldLinks> grammar_links(const GrammarLanguage& language,
                                     const std::vector<std::vector<int64_t>>& rows);

/// The sentences of a row, each with its full stop; the last may be incomplete.
std::vector<std::vector<int64_t>> split_sentences(const GrammarLanguage& language,
                                                  const std::vector<int64_t>& row);

/// The links of a sentence; none if it is incomplete or ungrammatical.
std::vector<Link> known_links(const GrammarLanguage& language,
                              const std::vector<int64_t>& sentence);

}  // namespace heed
