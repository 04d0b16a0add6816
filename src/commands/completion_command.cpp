#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "src/commands/command.h"
#include "src/console/command_spec.h"
#include "src/version.h"

namespace heed {

void add_completion(CLI::App& app, Action& action) {
  auto shell = std::make_shared<std::string>();
  auto* command =
      app.add_subcommand("completion", "a script that completes heed's words in a shell");
  command->add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->footer("Example: source <(heed completion bash)");
  command->callback([&action, &app, shell] {
    action = [&app, shell] {
      fmt::print("{}", completion_script(command_specs(app), *shell));
      return status_done;
    };
  });
}

void add_man(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("man", "the manual page, for man");
  command->footer("Example: heed man | man -l -");
  command->callback([&action, &app] {
    action = [&app] {
      fmt::print("{}", man_page(command_specs(app), HEED_VERSION));
      return status_done;
    };
  });
}

}  // namespace heed
