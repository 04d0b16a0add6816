#include <fmt/format.h>

#include <cmath>

#include "train/tasks/token_task.h"

namespace heed {
namespace {

/// M symbols, T - 1 blanks, a cue, M blanks. The answers are blanks up to the cue, then the
/// symbols.
class CopyTask : public TokenTask {
 public:
  void describe(OptionList& list) override {
    list.add("symbols", &symbols_, "symbols to remember, M").at_least(1);
    list.add("alphabet", &alphabet_, "number of different symbols").at_least(2);
    list.add("gap", &gap_, "steps from the last symbol to the cue, T").at_least(1);
    TokenTask::describe(list);
  }

  TaskCard card() const override {
    return {.definition =
                "M symbols drawn from an alphabet, T - 1 blanks, a cue, M blanks. The answers are "
                "blanks up to the cue, and the symbols in their order after it.",
            .judged = "Cross-entropy at every position; \"recall\" counts only the M symbols.",
            .source =
                "Hochreiter & Schmidhuber 1997; as in Arjovsky, Shah & Bengio 2016 "
                "(1511.06464), with an alphabet of 8"};
  }

  std::vector<Baseline> baselines() const override {
    const auto m = static_cast<double>(symbols_), a = static_cast<double>(alphabet_);
    return {{.measure = "loss",
             .formula = fmt::format("M ln {} / (T + 2 M)", alphabet_),
             .value = m * std::log(a) / static_cast<double>(longest_row()),
             .who = "remembers nothing, but knows the position"},
            {.measure = "recall", .formula = fmt::format("1 / {}", alphabet_), .value = 1 / a}};
  }

 protected:
  std::vector<std::string> words() const override {
    std::vector<std::string> words = {".", "?"};
    for (int64_t i = 0; i < alphabet_; ++i) words.push_back(fmt::format("s{}", i + 1));
    return words;
  }

  int64_t longest_row() const override { return gap_ + 2 * symbols_; }
  std::string measure() const override { return "recall"; }

  Row row(Random& random, Split) const override {
    const auto length = static_cast<size_t>(longest_row()), count = static_cast<size_t>(symbols_);
    Row row{.tokens = std::vector<int64_t>(length, blank),
            .targets = std::vector<int64_t>(length, blank),
            .groups = std::vector<int64_t>(length, not_scored)};
    row.tokens[length - count - 1] = cue;
    for (size_t i = 0; i < count; ++i) {
      row.tokens[i] = row.targets[length - count + i] = first_symbol + random.below(alphabet_);
      row.groups[length - count + i] = static_cast<int64_t>(i);
    }
    return row;
  }

  GoldLinks link_kind() const override {
    return {.name = "original", .from = "where a symbol is asked for", .to = "the symbol"};
  }

  std::vector<GoldLink> gold_links_in_row(const std::vector<int64_t>&,
                                          const std::vector<int64_t>&) const override {
    std::vector<GoldLink> links;
    for (int64_t i = 0; i < symbols_; ++i)
      links.push_back({.query = longest_row() - symbols_ + i, .keys = {i}});
    return links;
  }

  void make_small() override {
    symbols_ = 3;
    gap_ = 6;
  }

 private:
  static constexpr int64_t blank = 0, cue = 1, first_symbol = 2;

  int64_t symbols_ = 10;
  int64_t alphabet_ = 8;
  int64_t gap_ = 100;
};

const Registration<Task, CopyTask> copy_registration{
    "copy", "remember symbols over a long gap, then repeat them in order"};

}  // namespace
}  // namespace heed
