#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "train/tasks/token_task.h"

namespace heed {
namespace {

/// A stream of well-nested brackets, Dyck-(k, m): k kinds, at most m open at once.
///
/// If nothing is open, a bracket opens; if m are open, the last one closes; otherwise a bracket
/// opens with probability p. Kinds are drawn uniformly. Words: the k opening brackets, then the k
/// closing ones.
class DyckTask : public TokenTask {
 public:
  void describe(OptionList& list) override {
    list.add("kinds", &kinds_, "kinds of brackets, k").at_least(1);
    list.add("depth", &depth_, "most brackets open at once, m").at_least(1);
    list.add("length", &length_, "brackets that a row reads; one more is predicted").at_least(1);
    list.add("open", &open_, "probability that a bracket opens if it may open or close")
        .above(0)
        .below(1);
    TokenTask::describe(list);
  }

  TaskCard card() const override {
    return {.definition =
                "A stream of well-nested brackets of k kinds, at most m open at once; the answer "
                "is the next bracket. Which kind may close depends on a bracket that can be far "
                "back.",
            .judged =
                "Cross-entropy at every bracket, compared with the exact predictor. \"closing\": "
                "where a bracket closes, the right one is the likeliest closing bracket; by "
                "distance to its opening bracket and by depth, the number of open brackets.",
            .source = "Dyck-(k, m) of Hewitt et al. 2020 (2010.07515), as an endless stream"};
  }

  void prepare(const TaskSetup& setup) override {
    TokenTask::prepare(setup);
    compute_expectations();
  }

  std::vector<Baseline> baselines() const override {
    const auto kinds = static_cast<double>(kinds_);
    return {{.measure = "loss",
             .formula = fmt::format("ln {}", 2 * kinds_),
             .value = std::log(2 * kinds)},
            {.measure = "loss",
             .formula = fmt::format("entropy + P(closing) ln {}", kinds_),
             .value = entropy_ + closing_share_ * std::log(kinds),
             .who = "knows the depth, but not which kind is open"},
            {.measure = "closing", .formula = fmt::format("1 / {}", kinds_), .value = 1 / kinds}};
  }

  std::optional<double> bound() const override { return entropy_; }

  std::optional<at::Tensor> exact_losses(const Batch& batch) const override {
    const auto tokens = batch.input.values.cpu(), targets = batch.targets.cpu();
    auto losses = at::zeros(targets.sizes(), at::kDouble);
    for (int64_t b = 0; b < targets.size(0); ++b) {
      const auto* read = tokens[b].const_data_ptr<int64_t>();
      const auto* asked = targets[b].const_data_ptr<int64_t>();
      auto* const loss = losses[b].data_ptr<double>();
      std::vector<int64_t> stack;
      for (int64_t t = 0; t < targets.size(1); ++t) {
        follow(stack, read[t]);
        loss[t] = -std::log(probability(stack, asked[t]));
      }
    }
    return losses.to(batch.targets.device());
  }

  void score(const at::Tensor& output, const Batch& batch, Scores& scores) const override {
    const auto tokens = batch.input.values.cpu(), targets = batch.targets.cpu();
    const auto distances = batch.groups.cpu();
    const auto likeliest =
        output.narrow(-1, kinds_, kinds_).argmax(-1).add(kinds_).cpu();  // [B, T]
    for (int64_t b = 0; b < targets.size(0); ++b) {
      const auto* read = tokens[b].const_data_ptr<int64_t>();
      const auto* asked = targets[b].const_data_ptr<int64_t>();
      const auto* answered = likeliest[b].const_data_ptr<int64_t>();
      const auto* distance = distances[b].const_data_ptr<int64_t>();
      int64_t depth = 0;
      for (int64_t t = 0; t < targets.size(1); ++t) {
        depth += opens(read[t]) ? 1 : -1;
        if (distance[t] == not_scored) continue;
        const bool right = answered[t] == asked[t];
        scores.count(measure(), "", "", right);
        scores.count(measure(), group_name(), bucket(distance[t]), right);
        scores.count(measure(), "depth", std::to_string(depth), right);
      }
    }
  }

 protected:
  std::vector<std::string> words() const override {
    static const std::vector<std::string> pairs = {"()", "[]", "{}", "<>"};
    std::vector<std::string> words;
    for (const size_t side : {size_t{0}, size_t{1}})
      for (int64_t kind = 0; kind < kinds_; ++kind) {
        const auto round = static_cast<size_t>(kind) % pairs.size();
        const auto number = kind / std::ssize(pairs);  // tells kinds of the same shape apart
        words.push_back(pairs[round].substr(side, 1) + (number ? std::to_string(number + 1) : ""));
      }
    return words;
  }

  bool predicts() const override { return true; }
  int64_t longest_row() const override { return length_; }
  std::string measure() const override { return "closing"; }
  std::string group_name() const override { return "distance"; }
  std::string bucket(int64_t distance) const override { return doubling_bucket(distance); }

  Row row(Random& random, Split) const override {
    Row row;
    std::vector<int64_t> stack, places;  // the open brackets: words and positions
    for (int64_t place = 0; place <= length_; ++place) {
      const bool opening = random.uniform() < opening_probability(std::ssize(stack));
      const int64_t word = opening ? random.below(kinds_) : stack.back() + kinds_;
      if (place < length_) row.tokens.push_back(word);
      if (place > 0) {
        row.targets.push_back(word);
        row.groups.push_back(opening ? not_scored : place - places.back());
      }
      follow(stack, word);
      if (opening)
        places.push_back(place);
      else
        places.pop_back();
    }
    return row;
  }

  GoldLinks link_kind() const override {
    return {.name = "opener", .from = "the word before a closing bracket", .to = "its opening one"};
  }

  std::vector<GoldLink> gold_links_in_row(const std::vector<int64_t>& tokens,
                                          const std::vector<int64_t>& targets) const override {
    std::vector<GoldLink> links;
    std::vector<int64_t> places;  // of the open brackets
    for (size_t t = 0; t < tokens.size(); ++t) {
      const auto here = static_cast<int64_t>(t);
      if (opens(tokens[t]))
        places.push_back(here);
      else
        places.pop_back();
      if (!opens(targets[t])) links.push_back({.query = here, .keys = {places.back()}});
    }
    return links;
  }

  void make_small() override {
    kinds_ = 2;
    depth_ = 3;
    length_ = 16;
  }

 private:
  bool opens(int64_t word) const { return word < kinds_; }

  double opening_probability(int64_t depth) const {
    return depth == 0 ? 1 : depth == depth_ ? 0 : open_;
  }

  // Updates the stack of open brackets by one word.
  void follow(std::vector<int64_t>& stack, int64_t word) const {
    if (opens(word))
      stack.push_back(word);
    else
      stack.pop_back();
  }

  double probability(const std::vector<int64_t>& stack, int64_t word) const {
    const double opening = opening_probability(std::ssize(stack));
    if (opens(word)) return opening / static_cast<double>(kinds_);
    return !stack.empty() && word == stack.back() + kinds_ ? 1 - opening : 0;
  }

  // Computes the mean entropy of a row's targets and the expected share of closing brackets, from
  // the probability of each depth before each target.
  void compute_expectations() {
    std::vector<double> chance(static_cast<size_t>(depth_) + 1, 0);
    chance[1] = 1;  // the first bracket is given
    double entropy = 0, closing = 0;
    for (int64_t t = 0; t < length_; ++t) {
      std::vector<double> next(chance.size(), 0);
      for (size_t depth = 0; depth < chance.size(); ++depth) {
        const double opening = opening_probability(static_cast<int64_t>(depth));
        for (const double choice : {opening, 1 - opening})
          if (choice > 0) entropy -= chance[depth] * choice * std::log(choice);
        entropy += chance[depth] * opening * std::log(static_cast<double>(kinds_));
        closing += chance[depth] * (1 - opening);
        if (opening > 0) next[depth + 1] += chance[depth] * opening;
        if (opening < 1) next[depth - 1] += chance[depth] * (1 - opening);
      }
      chance = next;
    }
    entropy_ = entropy / static_cast<double>(length_);
    closing_share_ = closing / static_cast<double>(length_);
  }

  int64_t kinds_ = 4;
  int64_t depth_ = 4;
  int64_t length_ = 64;
  double open_ = 0.5;

  double entropy_ = 0;        // in nats per target
  double closing_share_ = 0;  // of the targets
};

const Registration<Task, DyckTask> dyck_registration{
    "dyck", "well-nested brackets of several kinds, whose exact entropy is known"};

}  // namespace
}  // namespace heed
