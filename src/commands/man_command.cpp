#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "src/commands/command.h"
#include "src/version.h"

namespace heed {
namespace {

class ManCommand : public Command {
 public:
  int help_order() const override { return 11; }

  void add_options(CLI::App& app) override {
    app.add_flag("--markdown", markdown_, "print docs/cli.md instead");
  }

  std::vector<Example> examples() const override {
    return {{"heed man | man -l -", "shows the manual page"},
            {"heed man --markdown > docs/cli.md", "updates the page in docs/"}};
  }

  int run() override {
    const auto specs = command_specs();
    fmt::print("{}", markdown_ ? cli_markdown(specs) : man_page(specs, HEED_VERSION));
    return status_done;
  }

 private:
  bool markdown_ = false;
};

const Registration<Command, ManCommand> man_registration{"man", "print the manual page"};

}  // namespace
}  // namespace heed
