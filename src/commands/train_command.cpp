#include <CLI/CLI.hpp>

#include "src/commands/command.h"
#include "src/experiment/rank_session.h"
#include "src/experiment/run.h"
#include "src/experiment/training.h"

namespace heed {
namespace {

struct TrainArguments {
  std::string config;
  std::vector<std::string> overrides;
  std::string run;
  bool resume = false;
  bool force = false;
  std::string device = "cpu";
};

int train(const TrainArguments& arguments) {
  RankSession session;
  return session.run([&] {
    ExperimentConfig config;
    auto device = at::Device(at::kCPU);
    on_all_ranks(session.ranks(), [&] {
      config = read_config(arguments.config, arguments.overrides);
      device = session.device(parse_device(arguments.device));
    });
    const RunDirectory directory(arguments.run.empty() ? "runs/" + config.name : arguments.run);
    const auto if_exists = arguments.force    ? IfExists::replace
                           : arguments.resume ? IfExists::resume
                                              : IfExists::refuse;
    const auto reason = run_training(
        config, directory, {.if_exists = if_exists, .device = device, .ranks = &session.ranks()});
    return reason == StopReason::interrupted ? status_interrupted : status_done;
  });
}

}  // namespace

void add_train(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<TrainArguments>();
  auto* command = app.add_subcommand("train", "train a model as a config file says");
  command->footer("Example: heed train configs/translate.toml --set train.steps=500");
  command->add_option("CONFIG", arguments->config, "the config file (TOML)")->required();
  command->add_option("--set", arguments->overrides, "override a key, such as model.layers=4")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command
      ->add_option("--run", arguments->run, "run directory (default: runs/ and the config's name)")
      ->type_name("DIR");
  auto* resume = command->add_flag("--resume", arguments->resume, "go on from the last checkpoint");
  command->add_flag("--force", arguments->force, "replace a run that is already there")
      ->excludes(resume);
  command->add_option("--device", arguments->device, "where to compute")
      ->check(CLI::IsMember({"cpu", "cuda"}));
  command->callback([&action, arguments] { action = [arguments] { return train(*arguments); }; });
}

}  // namespace heed
