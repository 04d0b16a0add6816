#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/version.h>
#include <CLI/CLI.hpp>

#include "src/bench/benchmark.h"
#include "src/commands/command.h"
#include "src/console/machine.h"
#include "src/console/nearest_word.h"
#include "src/experiment/config.h"
#include "src/version.h"

namespace heed {
namespace {

struct BenchArguments {
  std::string name;
  bool quick = false;
  bool json = false;
};

void print_machine(const nlohmann::ordered_json& machine) {
  const auto text = [&machine](const char* key) { return machine[key].get<std::string>(); };
  fmt::print("{}, {} cores, {} threads, {}\nheed {} ({}), LibTorch {} ({})\n\n", text("cpu"),
             machine["cores"].get<int>(), machine["threads"].get<int>(), text("system"),
             text("heed"), text("instructions"), text("libtorch"), text("libtorch_instructions"));
}

int bench(const BenchArguments& arguments) {
  const auto& registry = BenchmarkRegistry::instance();
  if (!arguments.name.empty() && !registry.find(arguments.name))
    throw ConfigError(fmt::format("bench {}: there is no such benchmark; {}", arguments.name,
                                  suggestion(arguments.name, registry.names())));
  const auto names =
      arguments.name.empty() ? registry.names() : std::vector<std::string>{arguments.name};
  nlohmann::ordered_json all = {
      {"version", HEED_VERSION},         {"libtorch", TORCH_VERSION},
      {"cpu", at::get_cpu_capability()}, {"threads", at::get_num_threads()},
      {"quick", arguments.quick},        {"machine", machine()}};
  if (!arguments.json) print_machine(all["machine"]);
  for (const auto& name : names) {
    const auto benchmark = registry.make(name);
    if (arguments.quick) benchmark->set_quick();
    const auto figures = benchmark->measure();
    if (!arguments.json) fmt::print("{}\n", benchmark->table(figures).to_text());
    all[name] = figures;
  }
  if (arguments.json) fmt::print("{}\n", all.dump(2));
  return status_done;
}

class BenchCommand : public Command {
 public:
  int help_order() const override { return 8; }

  void add_options(CLI::App& app) override {
    app.add_option("NAME", arguments_.name, "one benchmark (default: all of them)");
    app.add_flag("--quick", arguments_.quick,
                 "few repeats of little work: checks that it runs, not how fast");
    add_json_option(app, arguments_.json);
  }

  std::string details() const override {
    const auto& registry = BenchmarkRegistry::instance();
    std::string text =
        "Alternatives take turns, so that a noisy machine disturbs all of them alike. --json "
        "prints "
        "the minimum, median and maximum of every figure, and describes the machine.\n\n";
    for (const auto& name : registry.names())
      text += fmt::format("  {:<15} {}\n", name, registry.find(name)->summary);
    return text;
  }

  std::vector<Example> examples() const override {
    return {
        {"heed bench attention", "measures attention, forward and backward, against LibTorch's"},
        {"heed bench --json > figures.json", "measures everything, for a script"}};
  }

  int run() override { return bench(arguments_); }

 private:
  BenchArguments arguments_;
};

const Registration<Command, BenchCommand> bench_registration{
    "bench", "measure how fast heed is on this machine"};

}  // namespace
}  // namespace heed
