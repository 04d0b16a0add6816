#include "train/generation/generation.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "models/sequence_model.h"
#include "train/data/random.h"

namespace heed {
namespace {

constexpr uint64_t generation_stream = 3;  // after the three splits of the data

// A token's weight and its negated number: of two equal weights, the smaller number sorts higher.
using Candidate = std::pair<double, int64_t>;

// Candidates, the likeliest first. They are sorted only as far as they are read, since most draws
// need only the start of the vocabulary.
class LikeliestFirst {
 public:
  explicit LikeliestFirst(std::vector<Candidate> candidates)
      : candidates_(std::move(candidates)), heap_size_(candidates_.size()) {
    std::make_heap(candidates_.begin(), candidates_.end());
  }

  size_t size() const { return candidates_.size(); }

  const Candidate& operator[](size_t index) {
    const size_t place = candidates_.size() - 1 - index;
    for (; heap_size_ > place; --heap_size_)
      std::pop_heap(candidates_.begin(), candidates_.begin() + static_cast<int64_t>(heap_size_));
    return candidates_[place];
  }

 private:
  std::vector<Candidate> candidates_;  // a heap, then what was read, in rising order
  size_t heap_size_;
};

// Weights relative to the likeliest token's. Only the top_k stay, if that is set.
std::vector<Candidate> weigh(std::span<const float> logits, double largest,
                             const GenerationOptions& options) {
  std::vector<Candidate> candidates;
  candidates.reserve(logits.size());
  for (const float logit : logits)
    candidates.emplace_back(std::exp((logit - largest) / options.temperature),
                            -static_cast<int64_t>(candidates.size()));
  const auto kept = static_cast<size_t>(options.top_k);
  if (kept == 0 || kept >= candidates.size()) return candidates;
  std::nth_element(candidates.begin(), candidates.begin() + options.top_k, candidates.end(),
                   std::greater<>());
  candidates.resize(kept);
  return candidates;
}

// How many of the likeliest candidates reach `share`, at least one, and their total weight.
std::pair<size_t, double> nucleus(LikeliestFirst& candidates, double share) {
  double sum = 0;
  for (size_t i = 0; i < candidates.size(); ++i) {
    sum += candidates[i].first;
    if (sum >= share) return {i + 1, sum};
  }
  return {candidates.size(), sum};
}

struct Sample {
  int64_t number;
  Random random;
};

// The unfinished samples, their rows in the batch, and their new tokens.
struct Round {
  std::vector<Sample> samples = {};
  std::vector<int64_t> rows = {};
  std::vector<int64_t> tokens = {};
};

Round first_round(const GenerationOptions& options) {
  Round round;
  for (int64_t i = 0; i < options.samples; ++i)
    round.samples.push_back({i, Random(options.seed, generation_stream, static_cast<uint64_t>(i))});
  round.rows.assign(round.samples.size(), 0);
  return round;
}

// Draws a token for each sample from its row of `output` [samples, V].
Round draw_round(const at::Tensor& output, std::vector<Sample> samples,
                 const GenerationOptions& options,
                 const std::function<bool(int64_t, int64_t)>& on_token) {
  const auto logits = output.to(at::kCPU, at::kFloat).contiguous();
  const auto width = static_cast<size_t>(logits.size(1));
  Round round;
  for (size_t row = 0; row < samples.size(); ++row) {
    auto& [number, random] = samples[row];
    const std::span one(logits.const_data_ptr<float>() + row * width, width);
    const int64_t token = draw_token(one, options, random.uniform());
    if (token == options.end_token || !on_token(number, token)) continue;
    round.samples.push_back(samples[row]);
    round.rows.push_back(static_cast<int64_t>(row));
    round.tokens.push_back(token);
  }
  return round;
}

}  // namespace

int64_t draw_token(std::span<const float> logits, const GenerationOptions& options,
                   double uniform) {
  const auto likeliest = std::max_element(logits.begin(), logits.end());
  if (options.temperature <= 0) return likeliest - logits.begin();
  auto weights = weigh(logits, *likeliest, options);
  double total = 0;
  for (const auto& candidate : weights) total += candidate.first;
  LikeliestFirst candidates(std::move(weights));
  const auto [count, kept] = options.top_p < 1 ? nucleus(candidates, options.top_p * total)
                                               : std::pair{candidates.size(), total};
  double left = uniform * kept;
  for (size_t i = 0; i + 1 < count; ++i) {
    left -= candidates[i].first;
    if (left < 0) return -candidates[i].second;
  }
  return -candidates[count - 1].second;
}

void generate(SequenceModel& model, const Prompt& prompt, const GenerationOptions& options,
              const std::function<bool(int64_t sample, int64_t token)>& on_token,
              AttentionHook* hook) {
  const c10::InferenceMode no_gradients;  // operations cost less than in no-grad mode
  model.eval();
  auto [state, output] = prefill(model, prompt, hook);
  state->set_eviction_stride(options.eviction_stride);
  auto round = first_round(options);
  if (options.samples > 1) {  // the prompt is read once for all samples
    state->select(row_tensor(model, round.rows));
    output = output.expand({options.samples, -1});  // [samples, V]
  }
  for (int64_t drawn = 1; drawn <= options.tokens; ++drawn) {
    const auto count = round.samples.size();
    round = draw_round(output, std::move(round.samples), options, on_token);
    if (round.rows.empty() || drawn == options.tokens) return;
    if (round.rows.size() < count) state->select(row_tensor(model, round.rows));
    output = model.step(row_tensor(model, round.tokens), *state, hook);
  }
}

}  // namespace heed
