#include <torch/serialize/input-archive.h>  // ahead of LibTorch's optimizers
#include <torch/serialize/output-archive.h>

#include <fmt/format.h>
#include <torch/nn/utils/clip_grad.h>
#include <torch/optim/adamw.h>

#include <memory>
#include <vector>

#include "models/sequence_model.h"
#include "src/bench/benchmark.h"
#include "src/bench/small_model.h"
#include "src/console/console.h"
#include "train/optimizers/flat_parameters.h"
#include "train/optimizers/optimizer.h"

namespace heed {
namespace {

using nlohmann::ordered_json;

constexpr double rate = 1e-3, clip = 1;
constexpr int64_t optimizer_vocabulary = 65;
constexpr OptimizerOptions settings{.beta1 = 0.9, .beta2 = 0.99, .weight_decay = 0.1};

// About 0.8 and 10 million parameters.
const std::vector<ModelSize> sizes = {{.layers = 4, .heads = 4, .width = 128},
                                      {.layers = 13, .heads = 4, .width = 256}};

std::shared_ptr<SequenceModel> make_model(const ModelSize& size) {
  return small_model(
      {.vocabulary = optimizer_vocabulary, .output_width = optimizer_vocabulary, .max_length = 64},
      size);
}

/// All parameters in one buffer, as in the trainer.
class Flat {
 public:
  explicit Flat(const ModelSize& size)
      : model_(make_model(size)),
        parameters_(*model_),
        optimizer_(OptimizerRegistry::instance().make("adamw")) {
    optimizer_->attach(parameters_, settings);
    parameters_.gradients().normal_();
  }

  void step() {
    const double norm = parameters_.gradients().norm().item<double>();
    if (norm > clip) parameters_.gradients().mul_(clip / norm);
    optimizer_->step(rate);
  }

 private:
  std::shared_ptr<SequenceModel> model_;
  FlatParameters parameters_;
  std::unique_ptr<Optimizer> optimizer_;
};

/// One tensor per parameter, with LibTorch's optimizer.
class Separate {
 public:
  explicit Separate(const ModelSize& size) : parameters_(make_model(size)->parameters()) {
    std::vector<at::Tensor> matrices, others;
    for (auto& parameter : parameters_) {
      parameter.mutable_grad() = at::randn_like(parameter);
      (parameter.dim() >= 2 ? matrices : others).push_back(parameter);
    }
    const auto group = [](std::vector<at::Tensor> tensors, double decay) {
      auto options = std::make_unique<torch::optim::AdamWOptions>(rate);
      options->betas({settings.beta1, settings.beta2}).weight_decay(decay);
      return torch::optim::OptimizerParamGroup(std::move(tensors), std::move(options));
    };
    std::vector<torch::optim::OptimizerParamGroup> groups = {
        group(std::move(matrices), settings.weight_decay), group(std::move(others), 0)};
    optimizer_ = std::make_unique<torch::optim::AdamW>(std::move(groups));
  }

  void step() {
    torch::nn::utils::clip_grad_norm_(parameters_, clip);
    optimizer_->step();
  }

  const std::vector<at::Tensor>& parameters() const { return parameters_; }

 private:
  std::vector<at::Tensor> parameters_;
  std::unique_ptr<torch::optim::AdamW> optimizer_;
};

/// Clipping and one step of AdamW: over one flat buffer, as heed trains, against
/// torch::optim::AdamW and clip_grad_norm_ over separate tensors.
class OptimizerBenchmark : public Benchmark {
 public:
  ordered_json measure() const override {
    ordered_json figures = {{"turns", turns()}, {"sizes", ordered_json::array()}};
    for (const auto& size : quick() ? std::vector{sizes.front()} : sizes)
      figures["sizes"].push_back(measured(size));
    return figures;
  }

  ConsoleTable table(const ordered_json& figures) const override {
    ConsoleTable table({{"parameters", Align::right},
                        {"tensors", Align::right},
                        {"heed ms", Align::right},
                        {"LibTorch ms", Align::right},
                        {"speedup", Align::right}},
                       "Clipping and a step of AdamW, against torch::optim::AdamW");
    for (const auto& size : figures["sizes"])
      table.add_row({with_thousands(size["parameters"].get<int64_t>()),
                     fmt::to_string(size["tensors"].get<int64_t>()),
                     fmt::format("{:.3f}", median(size["heed_ms"])),
                     fmt::format("{:.3f}", median(size["torch_ms"])),
                     fmt::format("{:.2f}", size["times_faster"].get<double>())});
    return table;
  }

 private:
  int turns() const { return quick() ? 3 : 51; }

  ordered_json measured(const ModelSize& size) const {
    Flat flat(size);
    Separate separate(size);
    flat.step();  // allocates the moments
    separate.step();
    std::vector<double> heed_seconds, torch_seconds;
    for (int turn = 0; turn < turns(); ++turn) {
      heed_seconds.push_back(measure_cost([&] { flat.step(); }).seconds);
      torch_seconds.push_back(measure_cost([&] { separate.step(); }).seconds);
    }
    int64_t count = 0;
    for (const auto& parameter : separate.parameters()) count += parameter.numel();
    ordered_json figures = {{"parameters", count},
                            {"tensors", separate.parameters().size()},
                            {"heed_ms", milliseconds(heed_seconds)},
                            {"torch_ms", milliseconds(torch_seconds)}};
    figures["times_faster"] = median(figures["torch_ms"]) / median(figures["heed_ms"]);
    return figures;
  }
};

const Registration<Benchmark, OptimizerBenchmark> optimizer_registration{
    "optimizer", "clipping and AdamW on a flat buffer, against separate tensors"};

}  // namespace
}  // namespace heed
