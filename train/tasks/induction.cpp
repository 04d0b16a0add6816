#include <fmt/format.h>

#include <cmath>

#include "train/tasks/token_task.h"

namespace heed {
namespace {

/// The next token of rows that repeat: different tokens, and then the same ones in the same order
/// over and over. The answer counts wherever the token has been read before.
class InductionTask : public TokenTask {
 public:
  void describe(OptionList& list) override {
    list.add("vocabulary", &vocabulary_, "number of different tokens, V").at_least(2);
    list.add("length", &length_, "positions in a row").at_least(2);
    list.add("min_period", &min_period_, "tokens in the shortest period").at_least(1);
    list.add("max_period", &max_period_, "tokens in the longest period").at_least(1);
    TokenTask::describe(list);
  }

  void check() const override {
    if (max_period_ < min_period_)
      throw OptionError("max_period", fmt::format("expected at least min_period = {}, got {}",
                                                  min_period_, max_period_));
    if (vocabulary_ < max_period_)
      throw OptionError("vocabulary", fmt::format("expected at least max_period = {}, got {}",
                                                  max_period_, vocabulary_));
    if (length_ <= max_period_)
      throw OptionError("length", fmt::format("expected more than max_period = {}, got {}",
                                              max_period_, length_));
  }

  TaskCard card() const override {
    return {.definition =
                "P different tokens, repeated over and over; P is drawn for each row, uniformly "
                "between its bounds. Wherever a token is read again, the answer is the token that "
                "followed it before.",
            .judged =
                "Cross-entropy from the second period on; \"accuracy\" counts the same answers, by "
                "period.",
            .source =
                "Induction heads: Elhage et al. 2021, \"A mathematical framework for transformer "
                "circuits\"; repeated random tokens as in Olsson et al. 2022 (2209.11895)"};
  }

  std::vector<Baseline> baselines() const override {
    const auto vocabulary = static_cast<double>(vocabulary_);
    double asked = 0, loss = 0, right = 0;
    for (int64_t period = min_period_; period <= max_period_; ++period) {
      const auto p = static_cast<double>(period), here = static_cast<double>(length_ - period);
      asked += here;
      loss += here * std::log(p);
      right += here / p;
    }
    const std::string who = "picks any token of the row";
    return {
        {.measure = "loss",
         .formula = fmt::format("ln {}", vocabulary_),
         .value = std::log(vocabulary)},
        {.measure = "accuracy",
         .formula = fmt::format("1 / {}", vocabulary_),
         .value = 1 / vocabulary},
        {.measure = "loss", .formula = "mean of ln P", .value = loss / asked, .who = who},
        {.measure = "accuracy", .formula = "mean of 1 / P", .value = right / asked, .who = who}};
  }

 protected:
  std::vector<std::string> words() const override {
    std::vector<std::string> words;
    for (int64_t i = 0; i < vocabulary_; ++i) words.push_back(fmt::format("w{}", i + 1));
    return words;
  }

  bool predicts() const override { return true; }
  int64_t longest_row() const override { return length_; }
  std::string group_name() const override { return "period"; }
  std::string bucket(int64_t period) const override { return bucket_of_width(period, 4); }

  Row row(Random& random, Split) const override {
    const auto length = static_cast<size_t>(length_);
    const int64_t period = min_period_ + random.below(max_period_ - min_period_ + 1);
    const auto tokens = random.distinct(period, vocabulary_);
    Row row{.tokens = std::vector<int64_t>(length),
            .targets = std::vector<int64_t>(length, not_scored),
            .groups = std::vector<int64_t>(length, not_scored)};
    for (size_t t = 0; t < length; ++t) {
      row.tokens[t] = tokens[t % tokens.size()];
      if (t < tokens.size()) continue;
      row.targets[t] = tokens[(t + 1) % tokens.size()];
      row.groups[t] = period;
    }
    return row;
  }

  GoldLinks link_kind() const override {
    return {.name = "successor",
            .from = "a token read again",
            .to = "the token that followed it before"};
  }

  std::vector<GoldLink> gold_links_in_row(const std::vector<int64_t>& tokens,
                                          const std::vector<int64_t>& targets) const override {
    std::vector<GoldLink> links;
    for (size_t t = 0; t < tokens.size(); ++t) {
      if (targets[t] == not_scored) continue;
      GoldLink link{.query = static_cast<int64_t>(t), .keys = {}};
      for (size_t before = 0; before + 1 < t; ++before)
        if (tokens[before] == tokens[t]) link.keys.push_back(static_cast<int64_t>(before) + 1);
      if (!link.keys.empty()) links.push_back(link);
    }
    return links;
  }

  void make_small() override {
    vocabulary_ = 9;
    length_ = 12;
    min_period_ = max_period_ = 5;
  }

 private:
  int64_t vocabulary_ = 64;
  int64_t length_ = 64;
  int64_t min_period_ = 8;
  int64_t max_period_ = 24;
};

const Registration<Task, InductionTask> induction_registration{"induction",
                                                               "continue a row that repeats"};

}  // namespace
}  // namespace heed
