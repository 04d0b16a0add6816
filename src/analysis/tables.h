#pragma once

#include <vector>

#include "src/analysis/analysis.h"
#include "src/console/console_table.h"

namespace heed {

/// What each head does and what it is worth, the costliest to lose first.
ConsoleTable heads_table(const Analysis& analysis);

/// Where each head looks, in the order of the layers, with the untrained head below it.
ConsoleTable places_table(const Analysis& analysis);

/// A table a kind of link: how often each head hits it, beside rules that need no attention.
std::vector<ConsoleTable> link_tables(const Analysis& analysis);

/// How much the heads of each layer differ, and what the model loses without them.
ConsoleTable layers_table(const Analysis& analysis);

}  // namespace heed
