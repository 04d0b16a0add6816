#pragma once

#include <functional>

#include "src/console/console.h"

namespace CLI {
class App;
}

namespace heed {

/// What the chosen command does; returns the exit status.
using Action = std::function<int()>;

// Each command's file adds its words to the command line, and sets `action` if it is the one that
// was given.
void add_train(CLI::App& app, Action& action);
void add_evaluate(CLI::App& app, Action& action);
void add_generate(CLI::App& app, Action& action);
void add_attend(CLI::App& app, Action& action);
void add_analyze(CLI::App& app, Action& action);
void add_compare(CLI::App& app, Action& action);
void add_study(CLI::App& app, Action& action);
void add_bench(CLI::App& app, Action& action);
void add_info(CLI::App& app, Action& action);
void add_completion(CLI::App& app, Action& action);
void add_man(CLI::App& app, Action& action);

}  // namespace heed
