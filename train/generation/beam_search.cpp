#include "train/generation/beam_search.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>

#include "models/sequence_model.h"

namespace heed {
namespace {

void check(const BeamSearchOptions& options) {
  const auto expect = [](bool good, const std::string& what, const std::string& got) {
    if (!good) throw std::invalid_argument("beam search expects " + what + ", got " + got);
  };
  expect(options.width >= 1, "a width of at least 1", std::to_string(options.width));
  expect(options.tokens >= 1, "at least 1 token", std::to_string(options.tokens));
  expect(options.end_token >= 0, "an end token", "none");
  expect(options.length_penalty >= 0, "a length penalty of at least 0",
         std::to_string(options.length_penalty));
}

// A hypothesis with one more token.
struct Extension {
  int64_t row;
  int64_t token;
  double log_probability;  // of the whole hypothesis
};

// The `count` most probable extensions, the most probable first, equal ones in the order of row and
// token. `output` [live, V].
std::vector<Extension> best_extensions(const at::Tensor& output,
                                       const std::vector<Hypothesis>& live, int64_t count) {
  std::vector<double> before;
  for (const auto& hypothesis : live) before.push_back(hypothesis.log_probability);
  const auto sums = (at::log_softmax(output.to(at::kCPU, at::kDouble), 1) +
                     at::tensor(before, at::kDouble).unsqueeze(1))
                        .contiguous();  // [live, V]
  const std::span values(sums.const_data_ptr<double>(), static_cast<size_t>(sums.numel()));
  std::vector<int64_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  const auto end = order.begin() + std::min(count, sums.numel());
  const auto value = [&values](int64_t index) { return values[static_cast<size_t>(index)]; };
  std::partial_sort(order.begin(), end, order.end(), [&value](int64_t a, int64_t b) {
    return value(a) != value(b) ? value(a) > value(b) : a < b;
  });
  std::vector<Extension> extensions;
  for (auto index = order.begin(); index != end && std::isfinite(value(*index)); ++index)
    extensions.push_back({*index / sums.size(1), *index % sums.size(1), value(*index)});
  return extensions;
}

class Search {
 public:
  explicit Search(const BeamSearchOptions& options) : options_(options) {}

  // Follows the best extensions. Returns the row that each unfinished one came from.
  std::vector<int64_t> extend(const at::Tensor& output) {
    const int64_t width = options_.width;
    const auto extensions =
        best_extensions(output, live_, 2 * width);  // up to half of them may end
    std::vector<Hypothesis> next;
    std::vector<int64_t> rows;
    for (const auto& [row, token, log_probability] : extensions) {
      if (std::ssize(next) == width) break;
      auto hypothesis = live_[static_cast<size_t>(row)];
      hypothesis.log_probability = log_probability;
      hypothesis.ended = token == options_.end_token;
      if (hypothesis.ended) {
        set_aside(std::move(hypothesis));
        continue;
      }
      hypothesis.tokens.push_back(token);
      next.push_back(std::move(hypothesis));
      rows.push_back(row);
    }
    live_ = std::move(next);
    return rows;
  }

  // Whether no unfinished hypothesis can still become one of the best. A log-probability only
  // falls, and is divided at most by the penalty of the greatest length.
  bool over() const {
    if (live_.empty()) return true;
    if (std::ssize(best_) < options_.width) return false;
    const double longest = length_penalty(options_.tokens, options_.length_penalty);
    return best_.back().score >= live_.front().log_probability / longest;
  }

  std::vector<int64_t> last_tokens() const {
    std::vector<int64_t> tokens;
    for (const auto& hypothesis : live_) tokens.push_back(hypothesis.tokens.back());
    return tokens;
  }

  // Unfinished hypotheses count as they are. If the search is over, none of them is among the best.
  std::vector<Hypothesis> finish() {
    for (auto& hypothesis : live_) set_aside(std::move(hypothesis));
    if (best_.empty())
      throw std::runtime_error("beam search found no token with a finite probability");
    return std::move(best_);
  }

 private:
  void set_aside(Hypothesis hypothesis) {
    const auto length = std::ssize(hypothesis.tokens) + (hypothesis.ended ? 1 : 0);
    hypothesis.score = hypothesis.log_probability / length_penalty(length, options_.length_penalty);
    const auto place = std::upper_bound(
        best_.begin(), best_.end(), hypothesis,
        [](const Hypothesis& a, const Hypothesis& b) { return a.score > b.score; });
    best_.insert(place, std::move(hypothesis));
    if (std::ssize(best_) > options_.width) best_.pop_back();
  }

  BeamSearchOptions options_;
  std::vector<Hypothesis> live_ = std::vector<Hypothesis>(1);  // the most probable first
  std::vector<Hypothesis> best_;                               // the highest score first
};

}  // namespace

double length_penalty(int64_t length, double alpha) {
  return std::pow((5 + static_cast<double>(length)) / 6, alpha);
}

std::vector<Hypothesis> beam_search(SequenceModel& model, const Prompt& prompt,
                                    const BeamSearchOptions& options) {
  check(options);
  at::NoGradGuard no_gradients;
  model.eval();
  auto [state, output] = prefill(model, prompt);  // output [live, V]
  Search search(options);
  for (int64_t length = 1;; ++length) {
    const auto rows = search.extend(output);
    if (length == options.tokens || search.over()) return search.finish();
    state->select(row_tensor(model, rows));
    output = model.step(row_tensor(model, search.last_tokens()), *state);
  }
}

}  // namespace heed
