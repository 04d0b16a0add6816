#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/version.h>
#include <CLI/CLI.hpp>

#include "src/bench/benchmark.h"
#include "src/commands/command.h"
#include "src/experiment/config.h"
#include "src/console/machine.h"
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
    throw ConfigError(fmt::format("bench {}: there is no such benchmark; known are: {}",
                                  arguments.name, fmt::join(registry.names(), ", ")));
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

}  // namespace

void add_bench(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<BenchArguments>();
  auto* command = app.add_subcommand("bench", "measure how fast heed is on this machine");
  command->footer("Example: heed bench attention");
  command->add_option("NAME", arguments->name,
                      fmt::format("one benchmark ({}); nothing: all of them",
                                  fmt::join(BenchmarkRegistry::instance().names(), ", ")));
  command->add_flag("--quick", arguments->quick,
                    "few repeats of little work: to see that it works, not how fast it is");
  command->add_flag("--json", arguments->json, "one JSON object");
  command->callback([&action, arguments] { action = [arguments] { return bench(*arguments); }; });
}

}  // namespace heed
