#pragma once

#include <vector>

#include "src/analysis/analysis.h"
#include "src/console/console_table.h"

namespace heed {

/// The role and the importance of each head, the most important first.
ConsoleTable heads_table(const Analysis& analysis);

/// Where each head looks, layer by layer, with the untrained head below it.
ConsoleTable places_table(const Analysis& analysis);

/// A table per kind of link: how often each head hits it, beside rules that need no attention.
std::vector<ConsoleTable> link_tables(const Analysis& analysis);

/// How much the heads of each layer differ, and the loss increase without them.
ConsoleTable layers_table(const Analysis& analysis);

}  // namespace heed
