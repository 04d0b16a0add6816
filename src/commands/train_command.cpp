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

class TrainCommand : public Command {
 public:
  int help_order() const override { return 1; }
  bool runs_under_mpi() const override { return true; }

  void add_options(CLI::App& app) override {
    app.add_option("CONFIG", arguments_.config, "the config file (TOML)")->required();
    add_set_option(app, arguments_.overrides, "override a key, such as model.layers=4");
    app.add_option("--run", arguments_.run, "run directory (default: runs/ and the config's name)")
        ->type_name("DIR");
    auto* resume = app.add_flag("--resume", arguments_.resume, "continue from the last checkpoint");
    app.add_flag("--force", arguments_.force, "replace an existing run")->excludes(resume);
    add_device_option(app, arguments_.device);
  }

  std::string details() const override {
    return R"(
The run directory holds config.toml with every default written out, metrics.csv with one row per
evaluation, summary.json, log.txt, and the checkpoints last/ and best/, whose model.safetensors
Python opens. Training from a run's own config.toml repeats the run.

An existing run is never overwritten: pass --resume or --force. Ctrl-C or SIGTERM saves a checkpoint
and exits with status 130. --resume continues: with the same number of threads, the losses are
bit-identical to those of an uninterrupted run, also after kill -9. A resumed run may change how
long it trains and how often it evaluates, and nothing else. A loss that is not finite stops the run
and keeps the last good checkpoint.

On a terminal, a progress bar shows loss, speed and time left. HEED_LOG=debug logs each step's loss.

--set train.precision=bf16 multiplies matrices in bfloat16 where the CPU has avx512_bf16; weights and
sums stay float32. --set train.kernels=reference computes with LibTorch's operators alone.

mpirun -np 2 heed train CONFIG splits each batch among ranks, on one machine or several, and gives
the losses of one process.)";
  }

  std::vector<Example> examples() const override {
    return {{"heed train configs/translate.toml --set train.steps=500",
             "trains a small translator for 500 steps into runs/translate"},
            {"heed train configs/translate.toml --resume --set train.steps=1000",
             "continues it to step 1000"}};
  }

  int run() override { return train(arguments_); }

 private:
  TrainArguments arguments_;
};

const Registration<Command, TrainCommand> train_registration{"train",
                                                             "train a model from a config file"};

}  // namespace
}  // namespace heed
