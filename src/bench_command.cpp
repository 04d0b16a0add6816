#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/version.h>

#include "src/benchmark.h"
#include "src/command.h"
#include "src/config.h"
#include "src/version.h"

namespace heed {
namespace {

struct BenchArguments {
  std::string name;
  bool json = false;
};

int bench(const BenchArguments& arguments) {
  const auto& registry = BenchmarkRegistry::instance();
  if (!arguments.name.empty() && !registry.find(arguments.name))
    throw ConfigError(fmt::format("bench {}: there is no such benchmark; known are: {}",
                                  arguments.name, fmt::join(registry.names(), ", ")));
  const auto names =
      arguments.name.empty() ? registry.names() : std::vector<std::string>{arguments.name};
  nlohmann::ordered_json all = {{"version", HEED_VERSION},
                                {"libtorch", TORCH_VERSION},
                                {"cpu", at::get_cpu_capability()},
                                {"threads", at::get_num_threads()}};
  for (const auto& name : names) {
    const auto benchmark = registry.make(name);
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
  command->add_option("NAME", arguments->name, "one benchmark; nothing: all of them");
  command->add_flag("--json", arguments->json, "one JSON object");
  command->callback([&action, arguments] { action = [arguments] { return bench(*arguments); }; });
}

}  // namespace heed
