#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "train/tasks/token_task.h"

namespace heed {
namespace {

/// Multi-query associative recall: K keys, each followed by its value; then each key once more, in
/// another order and with fillers between them. The answer at a repeated key is its value.
class RecallTask : public TokenTask {
 public:
  void describe(OptionList& list) override {
    list.add("pairs", &pairs_, "key-value pairs per row, K; the largest K if mixed").at_least(1);
    list.add("mixed", &mixed_,
             "draw K per row, uniformly from `pairs` and the powers of two below it from 2 on");
    list.add("vocabulary", &vocabulary_,
             "different tokens, V: half are keys, half values; the filler is one more")
        .at_least(2);
    list.add("length", &length_, "positions in a row").at_least(1);
    list.add("power", &power_, "how evenly queries spread: a gap g has the weight g ^ (power - 1)")
        .above(0);
    TokenTask::describe(list);
  }

  void check() const override {
    if (vocabulary_ % 2)
      throw OptionError("vocabulary", fmt::format("expected an even number, got {}", vocabulary_));
    if (vocabulary_ < 2 * pairs_)
      throw OptionError("vocabulary", fmt::format("expected at least 2 * pairs = {}, got {}",
                                                  2 * pairs_, vocabulary_));
    if (length_ < 4 * pairs_)
      throw OptionError(
          "length", fmt::format("expected at least 4 * pairs = {}, got {}", 4 * pairs_, length_));
  }

  TaskCard card() const override {
    return {.definition =
                "K different keys, each followed by its own value; then each key once more, with "
                "fillers between them: its gap g, in steps of two positions after the last pair, "
                "has the weight g ^ (power - 1). The answer at the repeated key is its value.",
            .judged =
                "Cross-entropy at the repeated keys; \"accuracy\" counts the same answers, by the "
                "number of pairs.",
            .source =
                "Multi-query associative recall, Arora et al. 2023 (2312.04927), where fillers are "
                "random tokens"};
  }

  std::vector<Baseline> baselines() const override {
    const auto counts = pair_counts();
    int64_t queries = 0;
    double loss = 0;
    for (const auto count : counts) {
      queries += count;
      loss += static_cast<double>(count) * std::log(static_cast<double>(count));
    }
    const auto asked = static_cast<double>(queries);
    const std::string who = "picks among the values shown";
    return {{.measure = "loss",
             .formula = fmt::format("ln {}", half()),
             .value = std::log(static_cast<double>(half())),
             .who = "knows that the answer is a value"},
            {.measure = "loss",
             .formula = mixed_ ? "ln K, mean over queries" : fmt::format("ln {}", pairs_),
             .value = loss / asked,
             .who = who},
            {.measure = "accuracy",
             .formula = fmt::format("{} / {}", counts.size(), queries),
             .value = static_cast<double>(counts.size()) / asked,
             .who = who}};
  }

 protected:
  std::vector<std::string> words() const override {
    std::vector<std::string> words = {"."};
    for (int64_t i = 0; i < half(); ++i) words.push_back(fmt::format("k{}", i + 1));
    for (int64_t i = 0; i < half(); ++i) words.push_back(fmt::format("v{}", i + 1));
    return words;
  }

  int64_t longest_row() const override { return length_; }
  std::string group_name() const override { return "pairs"; }

  Row row(Random& random, Split) const override {
    const auto length = static_cast<size_t>(length_);
    Row row{.tokens = std::vector<int64_t>(length, filler),
            .targets = std::vector<int64_t>(length, not_scored),
            .groups = std::vector<int64_t>(length, not_scored)};
    const auto counts = pair_counts();
    const int64_t pairs = counts[static_cast<size_t>(random.below(std::ssize(counts)))];
    const auto keys = random.distinct(pairs, half()), values = random.distinct(pairs, half());
    const auto gaps = query_gaps(random, pairs);
    for (size_t i = 0; i < keys.size(); ++i) {
      const auto query = static_cast<size_t>(2 * (pairs + gaps[i] - 1));
      row.tokens[2 * i] = row.tokens[query] = 1 + keys[i];
      row.tokens[2 * i + 1] = row.targets[query] = 1 + half() + values[i];
      row.groups[query] = pairs;
    }
    return row;
  }

  GoldLinks link_kind() const override {
    return {.name = "value", .from = "a repeated key", .to = "its value"};
  }

  std::vector<GoldLink> gold_links_in_row(const std::vector<int64_t>& tokens,
                                          const std::vector<int64_t>& targets) const override {
    std::vector<GoldLink> links;
    for (size_t t = 0; t < tokens.size(); ++t) {
      if (targets[t] == not_scored) continue;
      const auto key = std::find(tokens.begin(), tokens.end(), tokens[t]) - tokens.begin();
      links.push_back({.query = static_cast<int64_t>(t), .keys = {key + 1}});
    }
    return links;
  }

  void make_small() override {
    pairs_ = 3;
    length_ = 16;
    vocabulary_ = 12;
  }

 private:
  static constexpr int64_t filler = 0;

  int64_t half() const { return vocabulary_ / 2; }

  // The possible K.
  std::vector<int64_t> pair_counts() const {
    std::vector<int64_t> counts;
    for (int64_t count = 2; mixed_ && count < pairs_; count *= 2) counts.push_back(count);
    counts.push_back(pairs_);
    return counts;
  }

  // Different gaps from 1 on, drawn one after the other, each by its weight among those left. These
  // are the first arrivals of exponential clocks whose rates are the weights. In logarithms, since
  // a power far from 1 overflows.
  std::vector<int64_t> query_gaps(Random& random, int64_t pairs) const {
    std::vector<std::pair<double, int64_t>> arrivals;
    for (int64_t gap = 1; gap <= length_ / 2 - pairs; ++gap)
      arrivals.emplace_back(std::log(-std::log1p(-random.uniform())) +
                                (1 - power_) * std::log(static_cast<double>(gap)),
                            gap);
    std::sort(arrivals.begin(), arrivals.end());
    std::vector<int64_t> gaps;
    for (int64_t i = 0; i < pairs; ++i) gaps.push_back(arrivals[static_cast<size_t>(i)].second);
    return gaps;
  }

  int64_t pairs_ = 8;
  bool mixed_ = false;
  int64_t vocabulary_ = 64;
  int64_t length_ = 64;
  double power_ = 0.01;
};

const Registration<Task, RecallTask> recall_registration{
    "recall", "read key-value pairs, then recall the value of each key"};

}  // namespace
}  // namespace heed
