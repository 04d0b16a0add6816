#include "src/compare/cost.h"

#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>

#include <algorithm>
#include <memory>

#include "models/compute.h"
#include "models/sequence_model.h"
#include "src/bench/benchmark.h"
#include "train/optimizers/flat_parameters.h"

namespace heed {
namespace {

// LibTorch reports every allocation (bytes above 0) and release (below 0) to its profiler.
class AllocationCounter : public c10::MemoryReportingInfoBase {
 public:
  void reportMemoryUsage(void*, int64_t bytes, size_t, size_t, c10::Device device) override {
    if (!device.is_cpu()) return;
    held_ += bytes;
    peak_ = std::max(peak_, held_);
  }
  bool memoryProfilingEnabled() const override { return true; }
  int64_t peak() const { return peak_; }

 private:
  int64_t held_ = 0, peak_ = 0;
};

constexpr int repeats = 3;
constexpr double longest_step = 2;  // seconds

SequenceInput random_input(const SequenceShape& shape, int64_t length, at::ScalarType type) {
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
  const ComputeScope compute(config.train.compute());
  const auto model = config.model->build(shape);
  model->to(config.train.dtype());
  FlatParameters parameters(*model);
  const auto optimizer = config.train.make_optimizer(parameters);
  const auto input = random_input(shape, length, config.train.dtype());
  const auto step = [&] {
    parameters.zero_gradients();
    // As costly as a cross-entropy, without targets.
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
      continue;  // a mask of another size, a window longer than the row
    }
    if (costs.back().step_seconds > longest_step) break;
  }
  return costs;
}

int64_t peak_bytes(const std::function<void()>& work) {
  const auto counter = std::make_shared<AllocationCounter>();
  const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, counter);
  work();
  return counter->peak();
}

}  // namespace heed
