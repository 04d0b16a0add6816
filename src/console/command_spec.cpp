#include "src/console/command_spec.h"

#include <CLI/CLI.hpp>

namespace heed {
namespace {

OptionSpec make_option_spec(const CLI::Option& option) {
  OptionSpec spec{.name = option.get_positional() ? option.get_single_name()
                                                  : "--" + option.get_lnames().front(),
                  .value = "",
                  .help = option.get_description(),
                  .required = option.get_required()};
  if (option.get_expected_min() > 0 || option.get_items_expected_max() > 0)
    spec.value = option.get_type_name();
  return spec;
}

}  // namespace

std::vector<CommandSpec> command_specs(const CLI::App& app) {
  std::vector<CommandSpec> commands;
  for (const auto* command : app.get_subcommands({})) {
    CommandSpec spec{.name = command->get_name(),
                     .help = command->get_description(),
                     .example = command->get_footer(),
                     .places = {},
                     .options = {}};
    for (const auto* option : command->get_options())
      if (option != command->get_help_ptr())
        (option->get_positional() ? spec.places : spec.options)
            .push_back(make_option_spec(*option));
    commands.push_back(spec);
  }
  return commands;
}

}  // namespace heed
