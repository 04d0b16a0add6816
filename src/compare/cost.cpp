#include "src/compare/cost.h"

#include <algorithm>

#include "models/sequence_model.h"
#include "src/bench/benchmark.h"
#include "src/compare/peak_memory.h"
#include "train/optimizers/flat_parameters.h"

namespace heed {
namespace {

constexpr int repeats = 3;
constexpr double longest_step = 2;  // seconds

SequenceInput made_up(const SequenceShape& shape, int64_t length, at::ScalarType type) {
  SequenceInput input;
  input.values = shape.vocabulary > 0
                     ? at::randint(shape.vocabulary, {cost_rows, length}, at::kLong)
                     : at::randn({cost_rows, length, shape.channels}, type);
  if (shape.source_vocabulary > 0)
    input.source = at::randint(shape.source_vocabulary, {cost_rows, length}, at::kLong);
  return input;
}

LengthCost cost_at(const ExperimentConfig& config, SequenceShape shape, int64_t length) {
  shape.max_length = length;
  if (shape.source_vocabulary > 0) shape.max_source_length = length;
  const auto model = config.model->build(shape);
  model->to(config.train.dtype());
  FlatParameters parameters(*model);
  const auto optimizer = config.train.make_optimizer(parameters);
  const auto input = made_up(shape, length, config.train.dtype());
  const auto step = [&] {
    parameters.zero_gradients();
    // Like a cross-entropy, without targets that would have to make sense.
    model->forward(input).logsumexp(-1).mean().backward();
    optimizer->step(1e-6);
  };
  LengthCost cost{.length = length};
  cost.step_seconds = measure_cost(step).seconds;
  cost.mebibytes = static_cast<double>(peak_bytes(step)) / (1 << 20);
  for (int i = 0; i < repeats && cost.step_seconds < longest_step; ++i)
    cost.step_seconds = std::min(cost.step_seconds, measure_cost(step).seconds);
  cost.state_numbers = model->state_size(length);
  return cost;
}

}  // namespace

std::vector<LengthCost> cost_by_length(const ExperimentConfig& config,
                                       const std::vector<int64_t>& lengths) {
  const OneThread one_thread;
  std::vector<LengthCost> costs;
  for (const int64_t length : lengths) {
    try {
      costs.push_back(cost_at(config, config.task->shape(), length));
    } catch (const std::exception&) {
      continue;  // a matrix of another size, a window longer than the row
    }
    if (costs.back().step_seconds > longest_step) break;
  }
  return costs;
}

}  // namespace heed
