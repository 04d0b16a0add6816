#include "src/commands/command_spec.h"

#include <CLI/CLI.hpp>

namespace heed {
namespace {

OptionWords words_of(const CLI::Option& option) {
  OptionWords words{.name = option.get_positional() ? option.get_single_name()
                                                    : "--" + option.get_lnames().front(),
                    .value = "",
                    .help = option.get_description(),
                    .required = option.get_required()};
  if (option.get_expected_min() > 0 || option.get_items_expected_max() > 0)
    words.value = option.get_type_name();
  return words;
}

}  // namespace

std::vector<CommandWords> command_words(const CLI::App& app) {
  std::vector<CommandWords> commands;
  for (const auto* command : app.get_subcommands({})) {
    CommandWords words{.name = command->get_name(),
                       .help = command->get_description(),
                       .example = command->get_footer(),
                       .places = {},
                       .options = {}};
    for (const auto* option : command->get_options())
      if (option != command->get_help_ptr())
        (option->get_positional() ? words.places : words.options).push_back(words_of(*option));
    commands.push_back(words);
  }
  return commands;
}

}  // namespace heed
