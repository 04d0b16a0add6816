#pragma once

#include <cstdint>
#include <vector>

#include "train/tasks/grammar/grammar_language.h"
#include "train/tasks/grammar/numbered_grammar.h"

// Part of GrammarLanguage: draws and parses sentences.

namespace heed::grammar {

/// See GrammarLanguage::sample.
GrammarLanguage::Sentence sample(const NumberedGrammar& grammar,
                                 const GrammarLanguage::Uniform& uniform);

/// See GrammarLanguage::parse.
std::vector<Link> parse(const NumberedGrammar& grammar, const std::vector<int64_t>& words);

}  // namespace heed::grammar
