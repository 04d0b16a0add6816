#include "src/commands/command.h"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace heed {
namespace {

class HelpFormatter : public CLI::Formatter {
 public:
  explicit HelpFormatter(CommandSpec spec) : spec_(std::move(spec)) {}
  std::string make_help(const CLI::App*, std::string, CLI::AppFormatMode) const override {
    return help_text(spec_);
  }

 private:
  CommandSpec spec_;
};

CommandSpec make_spec(const std::string& name, const Command& command, const CLI::App& app) {
  CommandSpec spec{.name = name,
                   .summary = CommandRegistry::instance().find(name)->summary,
                   .details = command.details(),
                   .examples = command.examples()};
  add_arguments(spec, app);
  return spec;
}

}  // namespace

std::vector<std::string> command_names() {
  const auto& registry = CommandRegistry::instance();
  auto names = registry.names();
  std::stable_sort(names.begin(), names.end(), [&registry](const auto& a, const auto& b) {
    return registry.make(a)->help_order() < registry.make(b)->help_order();
  });
  return names;
}

std::vector<CommandSpec> command_specs() {
  std::vector<CommandSpec> specs;
  for (const auto& name : command_names()) {
    const auto command = CommandRegistry::instance().make(name);
    CLI::App app;
    command->add_options(app);
    specs.push_back(make_spec(name, *command, app));
  }
  return specs;
}

CLI::App& add_command(CLI::App& program, const std::string& name, Command& command) {
  auto& app = *program.add_subcommand(name, CommandRegistry::instance().find(name)->summary);
  command.add_options(app);
  app.formatter(std::make_shared<HelpFormatter>(make_spec(name, command, app)));
  return app;
}

void add_json_option(CLI::App& app, bool& json) {
  app.add_flag("--json", json, "print one JSON value and nothing else");
}

void add_device_option(CLI::App& app, std::string& device) {
  app.add_option("--device", device, "where to compute")
      ->type_name("cpu|cuda")
      ->check(CLI::IsMember({"cpu", "cuda"}))
      ->capture_default_str();
}

CLI::Option* add_split_option(CLI::App& app, std::string& split, const std::string& help) {
  return app.add_option("--split", split, help)
      ->type_name("validation|test")
      ->check(CLI::IsMember({"validation", "test"}))
      ->capture_default_str();
}

void add_set_option(CLI::App& app, std::vector<std::string>& overrides, const std::string& help) {
  app.add_option("--set", overrides, help)->type_name("KEY=VALUE")->allow_extra_args(false);
}

}  // namespace heed
