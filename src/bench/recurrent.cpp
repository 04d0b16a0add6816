#include <torch/serialize/input-archive.h>  // ahead of LibTorch's optimizers
#include <torch/serialize/output-archive.h>

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <torch/nn/modules/rnn.h>
#include <torch/optim/sgd.h>

#include <functional>
#include <stdexcept>
#include <vector>

#include "models/recurrent/recurrent.h"
#include "src/bench/benchmark.h"

namespace heed {
namespace {

using nlohmann::ordered_json;

struct RecurrentSizes {
  int64_t batch, length, input_width, width;
};

const std::vector<RecurrentSizes> recurrent_sizes = {
    {64, 100, 128, 128},
    {20, 35, 200, 200},
    {32, 100, 10, 20},
};
constexpr int warm_up = 2;

/// A layer from an input [T, B, D_in] to outputs [T, B, D], and its parameters.
struct BenchedLayer {
  std::function<at::Tensor(const at::Tensor& input)> forward;
  std::vector<at::Tensor> parameters;
};

BenchedLayer heed_layer(CellKind cell, const RecurrentSizes& one) {
  RecurrentLayer layer(
      RecurrentLayerOptions{.cell = cell, .input_width = one.input_width, .width = one.width});
  return {[layer](const at::Tensor& input) mutable { return layer->forward(input).output; },
          layer->parameters()};
}

BenchedLayer libtorch_layer(CellKind cell, const RecurrentSizes& one) {
  const auto wrapped = [](auto module) -> BenchedLayer {
    return {
        [module](const at::Tensor& input) mutable { return std::get<0>(module->forward(input)); },
        module->parameters()};
  };
  const int64_t from = one.input_width, to = one.width;
  switch (cell) {
    case CellKind::tanh:
      return wrapped(torch::nn::RNN(torch::nn::RNNOptions(from, to).nonlinearity(torch::kTanh)));
    case CellKind::gru:
      return wrapped(torch::nn::GRU(torch::nn::GRUOptions(from, to)));
    case CellKind::lstm:
      return wrapped(torch::nn::LSTM(torch::nn::LSTMOptions(from, to)));
  }
  throw std::logic_error("unknown kind of cell");
}

/// Forward, squared error, backward, a step of gradient descent.
class TrainingStep {
 public:
  TrainingStep(BenchedLayer layer, at::Tensor input, at::Tensor target)
      : layer_(std::move(layer)),
        input_(std::move(input)),
        target_(std::move(target)),
        optimizer_(layer_.parameters, torch::optim::SGDOptions(0.01)) {}

  void operator()() {
    optimizer_.zero_grad();
    input_.mutable_grad() = at::Tensor();
    at::mse_loss(layer_.forward(input_), target_).backward();
    optimizer_.step();
  }

 private:
  BenchedLayer layer_;
  at::Tensor input_, target_;
  torch::optim::SGD optimizer_;
};

/// Measures both alternately. The input takes a gradient, as above an embedding, or it does not.
ordered_json in_turns(CellKind cell, const RecurrentSizes& one, bool input_gradient, int turns) {
  const auto input = at::randn({one.length, one.batch, one.input_width});
  const auto target = at::randn({one.length, one.batch, one.width});
  const auto leaf = [&] { return input.clone().set_requires_grad(input_gradient); };
  TrainingStep heed(heed_layer(cell, one), leaf(), target);
  TrainingStep libtorch(libtorch_layer(cell, one), leaf(), target);
  std::vector<double> our_times, their_times;
  for (int turn = -warm_up; turn < turns; ++turn) {
    const double our_time = measure_cost(std::ref(heed)).seconds;
    const double their_time = measure_cost(std::ref(libtorch)).seconds;
    if (turn < 0) continue;
    our_times.push_back(our_time);
    their_times.push_back(their_time);
  }
  ordered_json figures = {{"heed_ms", milliseconds(our_times)},
                          {"libtorch_ms", milliseconds(their_times)}};
  figures["times_as_fast"] = median(figures["libtorch_ms"]) / median(figures["heed_ms"]);
  return figures;
}

ordered_json measured(CellKind cell, const char* name, const RecurrentSizes& one, int turns) {
  ordered_json figures = {{"cell", name},         {"batch", one.batch},
                          {"length", one.length}, {"input_width", one.input_width},
                          {"width", one.width},   {"threads", at::get_num_threads()}};
  figures.update(in_turns(cell, one, false, turns));
  figures["with_input_gradient"] = in_turns(cell, one, true, turns);
  return figures;
}

/// A training step of a recurrent layer against one of LibTorch's, on one thread and on all.
class RecurrentBenchmark : public Benchmark {
 public:
  ordered_json measure() const override {
    at::manual_seed(1);
    const int turns = quick() ? 2 : 11;
    ordered_json figures = {{"turns", turns}, {"cases", ordered_json::array()}};
    auto& cases = figures["cases"];
    for (const int threads : one_and_all_threads()) {
      const ThreadCount count(threads);
      for (const auto& one : quick() ? std::vector{recurrent_sizes.back()} : recurrent_sizes) {
        cases.push_back(measured(CellKind::tanh, "tanh", one, turns));
        cases.push_back(measured(CellKind::gru, "gru", one, turns));
        cases.push_back(measured(CellKind::lstm, "lstm", one, turns));
      }
    }
    return figures;
  }

  ConsoleTable table(const ordered_json& figures) const override {
    ConsoleTable table({{"cell"},
                        {"batch", Align::right},
                        {"length", Align::right},
                        {"width", Align::right},
                        {"threads", Align::right},
                        {"heed ms", Align::right},
                        {"LibTorch ms", Align::right},
                        {"speedup", Align::right},
                        {"with input", Align::right}},
                       "A training step of one recurrent layer; \"with input\": the speedup if its "
                       "input takes a gradient too");
    for (const auto& one : figures["cases"]) {
      const auto integer = [&](const char* key) { return fmt::to_string(one[key].get<int64_t>()); };
      table.add_row(
          {one["cell"].get<std::string>(), integer("batch"), integer("length"), integer("width"),
           integer("threads"), fmt::format("{:.2f}", median(one["heed_ms"])),
           fmt::format("{:.2f}", median(one["libtorch_ms"])),
           fmt::format("{:.2f}", one["times_as_fast"].get<double>()),
           fmt::format("{:.2f}", one["with_input_gradient"]["times_as_fast"].get<double>())});
    }
    return table;
  }
};

const Registration<Benchmark, RecurrentBenchmark> recurrent_registration{
    "recurrent", "a training step of a recurrent layer against LibTorch's"};

}  // namespace
}  // namespace heed
