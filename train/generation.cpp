#include "train/generation.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "train/random.h"

namespace heed {
namespace {

constexpr uint64_t generation_stream = 3;  // behind the three splits of the data

// How many of the probabilities, sorted falling, reach `share` together; at least one.
size_t nucleus_size(const std::vector<double>& falling, double share) {
  double sum = 0;
  for (size_t i = 0; i < falling.size(); ++i) {
    sum += falling[i];
    if (sum >= share) return i + 1;
  }
  return falling.size();
}

}  // namespace

int64_t draw_token(const std::vector<float>& logits, const GenerationOptions& options,
                   double uniform) {
  std::vector<int64_t> order(logits.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&logits](int64_t a, int64_t b) {
    return logits[static_cast<size_t>(a)] > logits[static_cast<size_t>(b)];
  });
  if (options.temperature <= 0) return order.front();
  if (options.top_k > 0) order.resize(std::min(order.size(), static_cast<size_t>(options.top_k)));
  const double largest = logits[static_cast<size_t>(order.front())];
  std::vector<double> probabilities;
  for (const int64_t token : order)
    probabilities.push_back(
        std::exp((logits[static_cast<size_t>(token)] - largest) / options.temperature));
  const double total = std::accumulate(probabilities.begin(), probabilities.end(), 0.0);
  for (auto& probability : probabilities) probability /= total;
  probabilities.resize(nucleus_size(probabilities, options.top_p));
  double left = uniform * std::accumulate(probabilities.begin(), probabilities.end(), 0.0);
  for (size_t i = 0; i < probabilities.size(); ++i) {
    left -= probabilities[i];
    if (left < 0) return order[i];
  }
  return order[probabilities.size() - 1];
}

void generate(SequenceModel& model, const std::vector<int64_t>& prompt,
              const GenerationOptions& options,
              const std::function<bool(int64_t token)>& on_token) {
  if (prompt.empty())
    throw std::invalid_argument("expected a prompt of at least one token, got none");
  at::NoGradGuard no_gradients;
  model.eval();
  const auto device = model.parameters().front().device();
  const auto state = model.initial_state(1);
  const auto read = [&](int64_t token) {
    return model.step(at::tensor({token}, at::TensorOptions(at::kLong).device(device)), *state);
  };
  at::Tensor output;  // [1, V]
  for (const int64_t token : prompt) output = read(token);
  Random random(options.seed, generation_stream, 0);
  for (int64_t i = 0; i < options.tokens; ++i) {
    const auto row = output[0].to(at::kFloat).cpu().contiguous();
    const std::vector<float> logits(row.data_ptr<float>(), row.data_ptr<float>() + row.numel());
    const int64_t token = draw_token(logits, options, random.uniform());
    if (!on_token(token) || i + 1 == options.tokens) return;
    output = read(token);
  }
}

}  // namespace heed
