#include "train/trainer.h"

#include <ATen/core/grad_mode.h>

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <map>

#include "models/dispatch.h"
#include "models/model_builder.h"
#include "models/sequence_model.h"
#include "tests/train/files/temporary_folder.h"
#include "tests/train/metrics_without_seconds.h"
#include "train/files/file.h"

namespace heed {
namespace {

class Silent : public TrainObserver {
 public:
  void on_step(const TrainingState&, double loss) override { losses.push_back(loss); }
  void on_evaluation(const MetricsRow&, bool) override {}
  std::vector<double> losses;
};

/// A training of a tiny model on the built-in language, with dropout, which makes the generator
/// matter.
struct SmallRun {
  std::unique_ptr<Task> task = TaskRegistry::instance().make("grammar");
  std::shared_ptr<SequenceModel> model;
  TrainOptions options;
  Silent observer;

  explicit SmallRun(const std::string& kind = "transformer", double dropout = 0.1) {
    OptionList task_options, model_options;
    task->describe(task_options);
    *std::get<int64_t*>(task_options.find("evaluation_rows")->target) = 8;
    task->prepare({.seed = 3, .context = 12});
    const auto builder = ModelRegistry::instance().make(kind);
    builder->describe(model_options);
    *std::get<int64_t*>(model_options.find("layers")->target) = 1;
    *std::get<int64_t*>(model_options.find("d_model")->target) = 16;
    *std::get<double*>(model_options.find("dropout")->target) = dropout;
    at::manual_seed(5);
    model = builder->build(task->shape());
    options.steps = 20;
    options.batch = 4;
    options.eval_every = 7;
    options.checkpoint_every = 6;
    options.warmup = 3;
  }

  Trainer trainer(const std::filesystem::path& folder) {
    make_folder(folder);
    return Trainer(*model, *task, options, RunDirectory(folder), observer);
  }
};

const std::atomic<bool> never = false;

std::string read_metrics(const std::filesystem::path& folder) {
  return metrics_without_seconds(RunDirectory(folder));
}

TEST(Trainer, LearnsAndLeavesMetricsAndBothCheckpoints) {
  const TemporaryFolder folder;
  for (const std::string kind : {"transformer", "lstm"}) {
    SmallRun experiment(kind);
    experiment.options.steps = 60;
    experiment.options.lr = 1e-2;
    auto trainer = experiment.trainer(folder / kind);
    EXPECT_EQ(trainer.train(never), StopReason::steps_done);
    EXPECT_LT(experiment.observer.losses.back(), experiment.observer.losses.front() - 0.5) << kind;
    EXPECT_TRUE(checkpoint_exists(folder / kind / "last"));
    EXPECT_TRUE(checkpoint_exists(folder / kind / "best"));
    EXPECT_EQ(trainer.state().step, 60);
    EXPECT_EQ(trainer.state().tokens, 60 * 4 * 12);
    EXPECT_EQ(trainer.state().evaluated_step, 60);
  }
}

// Without dropout, which the two draw in different orders.
double loss_after_training(const std::string& kind, Precision precision, Kernels kernels,
                           const std::filesystem::path& folder) {
  SmallRun experiment(kind, /*dropout=*/0);
  experiment.options.steps = 60;
  experiment.options.lr = 1e-2;
  experiment.options.precision = precision;
  experiment.options.kernels = kernels;
  auto trainer = experiment.trainer(folder / (kind + enum_name(precision) + enum_name(kernels)));
  trainer.train(never);
  return trainer.last_evaluation().loss;
}

TEST(Trainer, EndsAtTheSameLossWithTheKernelsAndWithTheReference) {
  const TemporaryFolder folder;
  for (const std::string kind : {"transformer", "tanh", "gru", "lstm"})
    EXPECT_NEAR(loss_after_training(kind, Precision::float32, Kernels::fused, folder.path()),
                loss_after_training(kind, Precision::float32, Kernels::reference, folder.path()),
                2e-3)
        << kind;
}

TEST(Trainer, EndsAtNearlyTheSameLossWithProductsOfBfloat16) {
  if (!bfloat16_products_available()) GTEST_SKIP() << "this CPU has no avx512_bf16";
  const TemporaryFolder folder;
  const double exact =
      loss_after_training("transformer", Precision::float32, Kernels::fused, folder.path());
  const double rounded =
      loss_after_training("transformer", Precision::bf16, Kernels::fused, folder.path());
  EXPECT_NEAR(rounded, exact, 0.01);
  EXPECT_NE(rounded, exact);
}

TEST(Trainer, RefusesBfloat16WithoutTheKernelsThatMultiplyIt) {
  TrainOptions options;
  options.precision = Precision::bf16;
  EXPECT_NO_THROW(options.check());
  options.kernels = Kernels::reference;
  EXPECT_THROW(options.check(), OptionError);
}

// Any step takes longer than a nanosecond.
TEST(Trainer, ATimeLimitEndsATrainingWhichIsThenEvaluatedSavedAndDone) {
  const TemporaryFolder folder;
  SmallRun experiment;
  experiment.options.seconds = 1e-9;
  auto trainer = experiment.trainer(folder / "run");
  EXPECT_EQ(trainer.train(never), StopReason::seconds_done);
  EXPECT_EQ(trainer.state().step, 1);
  EXPECT_EQ(trainer.state().evaluated_step, 1);
  EXPECT_TRUE(trainer.done());
  EXPECT_TRUE(checkpoint_exists(folder / "run" / "last"));
}

// Far more steps than the time allows: the rate falls with the clock.
TEST(Trainer, TheRateFallsWithTheTimeIfThatIsShort) {
  const TemporaryFolder folder;
  SmallRun experiment;
  experiment.options.steps = 1000000;
  experiment.options.seconds = 0.2;
  experiment.options.warmup = 0;
  experiment.options.schedule = "linear";
  experiment.options.lr = 1;
  experiment.options.clip = 1e-3;
  experiment.options.eval_every = 1000000;
  class Rates : public Silent {
   public:
    void on_step(const TrainingState& state, double) override {
      rates.push_back(state.learning_rate);
      seconds.push_back(state.train_seconds);
    }
    std::vector<double> rates, seconds;
  } observer;
  make_folder(folder / "run");
  Trainer trainer(*experiment.model, *experiment.task, experiment.options,
                  RunDirectory(folder / "run"), observer);
  EXPECT_EQ(trainer.train(never), StopReason::seconds_done);
  EXPECT_EQ(observer.rates.front(), 1);
  for (size_t i = 1; i < observer.rates.size(); ++i)
    EXPECT_NEAR(observer.rates[i], 1 - observer.seconds[i - 1] / 0.2, 1e-5);
}

TEST(Trainer, AResumedTrainingIsBitIdenticalToAnUninterruptedOne) {
  const std::map<std::string, std::vector<int64_t>> cases = {{"adamw", {1, 6, 7, 13, 19}},
                                                             {"muon", {7, 13}}};
  for (const auto& [optimizer, stops] : cases) {
    const TemporaryFolder folder;
    SmallRun whole;
    whole.options.optimizer = optimizer;
    whole.trainer(folder / "whole").train(never);

    // Stopped at each possible step, continued by a new process's objects. The checkpoint may be
    // older than the last metrics row, as after a kill.

    for (const int64_t stop_at : stops) {
      const auto path = folder / std::to_string(stop_at);
      SmallRun first;
      first.options.steps = 20;
      first.options.optimizer = optimizer;
      std::atomic<bool> stop = false;
      class StopAt : public Silent {
       public:
        StopAt(std::atomic<bool>& flag, int64_t at) : flag_(flag), at_(at) {}
        void on_step(const TrainingState& state, double) override { flag_ = state.step == at_; }

       private:
        std::atomic<bool>& flag_;
        int64_t at_;
      } observer(stop, stop_at);
      make_folder(path);
      Trainer interrupted(*first.model, *first.task, first.options, RunDirectory(path), observer);
      EXPECT_EQ(interrupted.train(stop), StopReason::interrupted);

      SmallRun second;
      second.options.optimizer = optimizer;
      at::manual_seed(99);  // whatever the generator was, the checkpoint restores it
      auto resumed = second.trainer(path);
      resumed.resume();
      EXPECT_EQ(resumed.state().step, stop_at);
      EXPECT_EQ(resumed.train(never), StopReason::steps_done);
      EXPECT_EQ(read_metrics(path), read_metrics(folder / "whole")) << "stopped at " << stop_at;
      EXPECT_EQ(read_file(path / "last" / "model.safetensors"),
                read_file(folder / "whole" / "last" / "model.safetensors"));
      EXPECT_EQ(read_file(path / "best" / "model.safetensors"),
                read_file(folder / "whole" / "best" / "model.safetensors"));
    }
  }
}

TEST(Trainer, ResumingWhatIsDoneChangesNothing) {
  const TemporaryFolder folder;
  SmallRun first;
  first.trainer(folder / "run").train(never);
  const auto metrics = read_file(folder / "run" / "metrics.csv");
  SmallRun second;
  auto again = second.trainer(folder / "run");
  again.resume();
  EXPECT_EQ(again.train(never), StopReason::steps_done);
  EXPECT_EQ(read_file(folder / "run" / "metrics.csv"), metrics);
  EXPECT_TRUE(second.observer.losses.empty());
}

// There is a save before and one after the last evaluation; a kill between them leaves its row and
// the first save.
TEST(Trainer, ARowAfterTheSaveThatATrainingResumesFromIsWrittenOnce) {
  class Keeper : public Silent {
   public:
    explicit Keeper(const TemporaryFolder& folder) : folder_(folder) {}
    void on_evaluation(const MetricsRow& row, bool) override {
      if (row.step == 12)
        std::filesystem::copy(folder_ / "last", folder_ / "kept",
                              std::filesystem::copy_options::recursive);
    }

   private:
    const TemporaryFolder& folder_;
  };
  const TemporaryFolder folder;
  SmallRun experiment;
  experiment.options.steps = 12;
  Keeper keeper(folder);
  const RunDirectory run(folder / ".");
  Trainer(*experiment.model, *experiment.task, experiment.options, run, keeper).train(never);
  const auto expected = read_metrics(folder / ".");
  std::filesystem::remove_all(folder / "last");
  std::filesystem::rename(folder / "kept", folder / "last");
  auto trainer = experiment.trainer(folder / ".");
  trainer.resume();
  EXPECT_EQ(trainer.state().step, 12);
  trainer.train(never);
  EXPECT_EQ(read_metrics(folder / "."), expected);
}

TEST(Trainer, AccumulatingGivesTheGradientOfOneLargeBatch) {
  const TemporaryFolder folder;
  SmallRun large, small;
  for (auto* experiment : {&large, &small}) {
    experiment->model->to(at::kDouble);
    experiment->model->eval();
    experiment->options.steps = 3;
    experiment->options.clip = 0;
  }
  // Without dropout, which draws differently for each pass.
  for (auto* experiment : {&large, &small}) {
    const auto builder = ModelRegistry::instance().make("transformer");
    OptionList list;
    builder->describe(list);
    *std::get<int64_t*>(list.find("layers")->target) = 1;
    *std::get<int64_t*>(list.find("d_model")->target) = 16;
    at::manual_seed(5);
    experiment->model = builder->build(experiment->task->shape());
    experiment->model->to(at::kDouble);
  }
  large.options.batch = 8;
  small.options.batch = 2;
  small.options.accumulate = 4;
  large.trainer(folder / "large").train(never);
  small.trainer(folder / "small").train(never);
  for (size_t i = 0; i < 3; ++i)
    EXPECT_NEAR(large.observer.losses[i], small.observer.losses[i], 1e-9);
}

TEST(Trainer, StopsEarlyWhenPatienceRunsOut) {
  const TemporaryFolder folder;
  SmallRun experiment;
  experiment.options.steps = 1000;
  experiment.options.lr = experiment.options.min_lr = 1e-12;  // nothing gets better
  experiment.options.eval_every = 2;
  experiment.options.patience = 3;
  auto trainer = experiment.trainer(folder.path());
  EXPECT_EQ(trainer.train(never), StopReason::patience);
  EXPECT_GE(trainer.state().evaluations_since_best, 3);
  EXPECT_LT(trainer.state().step, 1000);
  const auto stopped_at = trainer.state().step;
  SmallRun second;
  second.options = experiment.options;
  auto resumed = second.trainer(folder.path());
  resumed.resume();
  EXPECT_TRUE(resumed.done());
  EXPECT_EQ(resumed.train(never), StopReason::patience);
  EXPECT_EQ(resumed.state().step, stopped_at);
}

/// Spoils the weights after one step.
class Poison : public Silent {
 public:
  Poison(SequenceModel& model, int64_t step) : model_(model), step_(step) {}
  void on_step(const TrainingState& state, double) override {
    at::NoGradGuard guard;
    if (state.step == step_) model_.parameters()[0].fill_(std::numeric_limits<float>::quiet_NaN());
  }

 private:
  SequenceModel& model_;
  int64_t step_;
};

TEST(Trainer, NumbersThatAreNotFiniteStopTheRunAndKeepTheLastGoodCheckpoint) {
  // Between checkpoints the next loss shows it; at a checkpoint, spoilt weights must not be saved.
  const std::vector<std::pair<int64_t, std::string>> cases = {
      {8, "the loss of step 9 is not finite"}, {12, "the weights after step 12 are not finite"}};
  for (const auto& [step, message] : cases) {
    const TemporaryFolder folder;
    SmallRun experiment;
    Poison observer(*experiment.model, step);
    Trainer trainer(*experiment.model, *experiment.task, experiment.options,
                    RunDirectory(folder.path()), observer);
    EXPECT_THAT([&] { trainer.train(never); },
                ::testing::ThrowsMessage<Diverged>(::testing::HasSubstr(message)));
    SmallRun fresh;
    auto resumed = fresh.trainer(folder.path());
    resumed.resume();
    EXPECT_EQ(resumed.state().step, 6);
    for (const auto& parameter : fresh.model->parameters())
      EXPECT_TRUE(parameter.isfinite().all().item<bool>());
  }
}

TEST(Trainer, ClippingBoundsTheGradientsNorm) {
  const TemporaryFolder folder;
  SmallRun experiment;
  experiment.options.steps = 1;
  experiment.options.clip = 1e-3;
  auto trainer = experiment.trainer(folder.path());
  trainer.train(never);
  double squares = 0;
  for (const auto& parameter : experiment.model->parameters())
    squares += parameter.grad().square().sum().item<double>();
  EXPECT_NEAR(std::sqrt(squares), 1e-3, 1e-8);
}

TEST(TrainOptions, RefuseConflictingValues) {
  TrainOptions options;
  EXPECT_NO_THROW(options.check());
  options.min_lr = 1;
  EXPECT_THROW(options.check(), OptionError);
  options = {};
  options.warmup = options.steps + 1;
  EXPECT_THROW(options.check(), OptionError);
}

}  // namespace
}  // namespace heed
