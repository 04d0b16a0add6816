#include <fmt/format.h>

#include <functional>
#include <memory>
#include <vector>

#include "models/sequence_model.h"
#include "src/bench/benchmark.h"
#include "src/bench/small_model.h"
#include "train/optimizers/flat_parameters.h"
#include "train/optimizers/optimizer.h"
#include "train/tasks/task.h"

namespace heed {
namespace {

using nlohmann::ordered_json;

constexpr int64_t rows = 64, context = 32;
constexpr ModelSize size;  // the demo's
constexpr int min_turns = 5, max_turns = 25;
constexpr double enough_seconds = 2;

/// Training steps on given batches.
class Steps {
 public:
  explicit Steps(const Task& task)
      : task_(task),
        model_(small_model(task.shape(), size)),
        parameters_(*model_),
        optimizer_(OptimizerRegistry::instance().make("adamw")) {
    optimizer_->attach(parameters_, {});
    model_->train();
  }

  void step(const Batch& batch) {
    parameters_.zero_gradients();
    task_.loss(model_->forward(batch.input), batch).backward();
    optimizer_->step(1e-3);
  }

 private:
  const Task& task_;
  std::shared_ptr<SequenceModel> model_;
  FlatParameters parameters_;
  std::unique_ptr<Optimizer> optimizer_;
};

int64_t count_tokens(const Batch& batch) {
  const auto& input = batch.input;
  return input.values.size(1) + (input.source.defined() ? input.source.size(1) : 0);
}

/// What making a batch costs, compared with the training step on it: one thread, and the demo's
/// small model.
class DataBenchmark : public Benchmark {
 public:
  ordered_json measure() const override {
    const OneThread one_thread;
    ordered_json figures = {{"rows", rows},        {"context", context},    {"layers", size.layers},
                            {"heads", size.heads}, {"d_model", size.width}, {"threads", 1}};
    figures["tasks"] = ordered_json::array();
    figures["left_out"] = ordered_json::object();
    for (const auto& name :
         quick() ? std::vector<std::string>{"recall"} : TaskRegistry::instance().names()) {
      const auto task = TaskRegistry::instance().make(name);
      try {
        task->check();
        task->prepare({.seed = 1, .context = context});
        figures["tasks"].push_back(measured(name, *task));
      } catch (const OptionError& error) {
        figures["left_out"][name] = fmt::format("{}: {}", error.option(), error.what());
      }
    }
    return figures;
  }

  ConsoleTable table(const ordered_json& figures) const override {
    ConsoleTable table({{"task"},
                        {"tokens per row", Align::right},
                        {"batch ms", Align::right},
                        {"step ms", Align::right},
                        {"share %", Align::right}},
                       fmt::format("Making a batch of {} rows, and a training step on it: {} "
                                   "layers, d_model {}, one thread",
                                   rows, size.layers, size.width));
    for (const auto& task : figures["tasks"])
      table.add_row({task["task"].get<std::string>(),
                     fmt::to_string(task["tokens_a_row"].get<int64_t>()),
                     fmt::format("{:.3f}", median(task["batch_ms"])),
                     fmt::format("{:.1f}", median(task["step_ms"])),
                     fmt::format("{:.2f}", 100 * task["share"].get<double>())});
    return table;
  }

 private:
  ordered_json measured(const std::string& name, const Task& task) const {
    Steps steps(task);
    Batch batch = task.batch(Split::train, 0, rows);
    steps.step(batch);  // allocates gradients and memory
    std::vector<double> batch_seconds, step_seconds;
    double spent = 0;
    for (int turn = 0; turn < max_turns; ++turn) {
      batch_seconds.push_back(
          measure_cost([&] { batch = task.batch(Split::train, (turn + 1) * rows, rows); }).seconds);
      step_seconds.push_back(measure_cost([&] { steps.step(batch); }).seconds);
      spent += batch_seconds.back() + step_seconds.back();
      if (turn + 1 >= min_turns && (quick() || spent > enough_seconds)) break;
    }
    ordered_json figures = {{"task", name},
                            {"tokens_a_row", count_tokens(batch)},
                            {"batch_ms", milliseconds(batch_seconds)},
                            {"step_ms", milliseconds(step_seconds)}};
    figures["share"] = median(figures["batch_ms"]) / median(figures["step_ms"]);
    return figures;
  }
};

const Registration<Benchmark, DataBenchmark> data_registration{
    "data", "making a batch of each task, against a training step on it"};

}  // namespace
}  // namespace heed
