#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "train/tasks/token_task.h"

namespace heed {
namespace {

/// M symbols at random positions among L blanks, then a cue M times, at which the symbols are the
/// answers. Unlike in copy there is no fixed delay: a model must choose what to remember.
class SelectiveCopyTask : public TokenTask {
 public:
  void describe(OptionList& list) override {
    list.add("symbols", &symbols_, "symbols to remember, M").at_least(1);
    list.add("alphabet", &alphabet_, "number of different symbols").at_least(2);
    list.add("blanks", &blanks_, "blanks between the symbols, L").at_least(0);
    TokenTask::describe(list);
  }

  TaskCard card() const override {
    return {.definition =
                "M symbols drawn from an alphabet, at random positions among L blanks; then a cue, "
                "M times. The answers at the cues are the symbols in their order.",
            .judged =
                "Cross-entropy at the cues; \"recall\" counts the same answers, by distance from "
                "the symbol to its cue.",
            .source =
                "A variant of copying (1511.06464): the denoising task of Jing et al. 2019 "
                "(1706.02761), selective copying in Gu & Dao 2023 (2312.00752)"};
  }

  std::vector<Baseline> baselines() const override {
    const auto alphabet = static_cast<double>(alphabet_);
    return {{.measure = "loss",
             .formula = fmt::format("ln {}", alphabet_),
             .value = std::log(alphabet),
             .who = "remembers nothing"},
            {.measure = "recall",
             .formula = fmt::format("1 / {}", alphabet_),
             .value = 1 / alphabet,
             .who = "remembers nothing"}};
  }

 protected:
  std::vector<std::string> words() const override {
    std::vector<std::string> words = {".", "?"};
    for (int64_t i = 0; i < alphabet_; ++i) words.push_back(fmt::format("s{}", i + 1));
    return words;
  }

  int64_t longest_row() const override { return blanks_ + 2 * symbols_; }
  std::string measure() const override { return "recall"; }
  std::string group_name() const override { return "distance"; }
  std::string bucket(int64_t distance) const override { return doubling_bucket(distance); }

  Row row(Random& random, Split) const override {
    const auto length = static_cast<size_t>(longest_row());
    const int64_t first_cue = symbols_ + blanks_;
    Row row{.tokens = std::vector<int64_t>(length, blank),
            .targets = std::vector<int64_t>(length, not_scored),
            .groups = std::vector<int64_t>(length, not_scored)};
    auto places = random.distinct(symbols_, first_cue);
    std::sort(places.begin(), places.end());
    for (int64_t i = 0; i < symbols_; ++i) {
      const int64_t place = places[static_cast<size_t>(i)];
      const auto asked = static_cast<size_t>(first_cue + i);
      row.targets[asked] = first_symbol + random.below(alphabet_);
      row.groups[asked] = first_cue + i - place;
      row.tokens[static_cast<size_t>(place)] = row.targets[asked];
      row.tokens[asked] = cue;
    }
    return row;
  }

  GoldLinks link_kind() const override {
    return {.name = "original", .from = "the cue of a symbol", .to = "the symbol"};
  }

  std::vector<GoldLink> gold_links_in_row(const std::vector<int64_t>& tokens,
                                          const std::vector<int64_t>&) const override {
    std::vector<GoldLink> links;
    for (size_t t = 0; t < tokens.size(); ++t)
      if (tokens[t] >= first_symbol)
        links.push_back(
            {.query = symbols_ + blanks_ + std::ssize(links), .keys = {static_cast<int64_t>(t)}});
    return links;
  }

  void make_small() override {
    symbols_ = 3;
    blanks_ = 6;
  }

 private:
  static constexpr int64_t blank = 0, cue = 1, first_symbol = 2;

  int64_t symbols_ = 8;
  int64_t alphabet_ = 8;
  int64_t blanks_ = 84;
};

const Registration<Task, SelectiveCopyTask> selective_copy_registration{
    "selective-copy", "remember the symbols among blanks, then repeat them in order"};

}  // namespace
}  // namespace heed
