#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "src/commands/command.h"

namespace heed {
namespace {

class CompletionCommand : public Command {
 public:
  int help_order() const override { return 10; }

  void add_options(CLI::App& app) override {
    app.add_option("SHELL", shell_, "bash, zsh or fish")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  }

  std::string details() const override {
    return "The script completes commands, options and file names.";
  }

  std::vector<Example> examples() const override {
    return {
        {"source <(heed completion bash)", "completes heed's commands in this bash"},
        {"heed completion fish | source", "does so in fish"},
        {"heed completion zsh > ~/.zfunc/_heed", "does so in zsh, if $fpath contains the folder"}};
  }

  int run() override {
    fmt::print("{}", completion_script(command_specs(), shell_));
    return status_done;
  }

 private:
  std::string shell_;
};

const Registration<Command, CompletionCommand> completion_registration{
    "completion", "print a completion script for a shell"};

}  // namespace
}  // namespace heed
