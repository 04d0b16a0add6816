#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <numeric>

#include "train/tasks/token_task.h"

namespace heed {
namespace {

/// Nested operations on lists of digits, each in brackets: [MAX 2 9 [MIN 4 7 ] 0 ]. Words: the
/// digits, the operators, the closing bracket.
class ListopsTask : public TokenTask {
 public:
  void describe(OptionList& list) override {
    list.add("depth", &depth_, "largest depth of nested operations").at_least(1);
    list.add("arguments", &arguments_, "largest number of arguments").at_least(2);
    list.add("length", &length_, "words in the longest row").at_least(5);
    TokenTask::describe(list);
  }

  TaskCard card() const override {
    return {.definition =
                "A nested expression of [MIN, [MAX, [MED (median, rounded down) and [SM (sum "
                "modulo 10) over digits, each closed by ]; the answer is its value, one of 10 "
                "classes. An argument is an operation in half of the cases in which depth and "
                "length allow it.",
            .judged =
                "Cross-entropy of the value; \"accuracy\": the likeliest value is the right one, "
                "by the row's length.",
            .source =
                "ListOps, Nangia & Bowman 2018 (1804.06028). There, a quarter of the arguments are "
                "operations, to depth 20, with up to 5 arguments"};
  }

  std::vector<Baseline> baselines() const override {
    std::call_once(counted_, [this] { count_classes(); });
    return {{.measure = "loss", .formula = "ln 10", .value = std::log(10.0)},
            {.measure = "loss",
             .formula = "entropy of the classes",
             .value = entropy_,
             .who = "knows how frequent each class is"},
            {.measure = "accuracy",
             .formula = "most frequent class",
             .value = most_frequent_,
             .who = fmt::format("always answers {}", most_frequent_class_)}};
  }

 protected:
  std::vector<std::string> words() const override {
    auto words = answers();
    words.insert(words.end(), {"[MIN", "[MAX", "[MED", "[SM", "]"});
    return words;
  }
  std::vector<std::string> answers() const override {
    return {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
  }

  bool per_sequence() const override { return true; }
  int64_t longest_row() const override { return length_; }
  std::string group_name() const override { return "length"; }
  std::string bucket(int64_t length) const override { return bucket_of_width(length, 10); }

  Row row(Random& random, Split) const override {
    Row row;
    row.targets = {grow(random, depth_, length_, row.tokens)};
    row.groups = {std::ssize(row.tokens)};
    return row;
  }

  void make_small() override {
    depth_ = 2;
    arguments_ = 3;
    length_ = 14;
  }

 private:
  static constexpr int64_t digits = 10, minimum = 10, maximum = 11, median = 12, sum = 13, end = 14;
  static constexpr int64_t shortest = 4;  // words of an operation on two digits

  // Appends an operation of `shortest` to `budget` words and returns its value. Arguments that are
  // to be operations divide the remaining words evenly.
  int64_t grow(Random& random, int64_t depth, int64_t budget, std::vector<int64_t>& tokens) const {
    const int64_t operation = minimum + random.below(4);
    const int64_t count = 2 + random.below(std::min(arguments_, budget - 2) - 1);
    std::vector<bool> nested;
    for (int64_t i = 0; i < count; ++i) nested.push_back(depth > 1 && random.below(2) == 1);
    auto left = std::count(nested.begin(), nested.end(), true);
    int64_t spare = budget - 2 - count;
    std::vector<int64_t> values;
    tokens.push_back(operation);
    for (const bool is_operation : nested) {
      const int64_t share = is_operation ? 1 + spare / left-- : 1;
      const auto before = std::ssize(tokens);
      if (share >= shortest)
        values.push_back(grow(random, depth - 1, share, tokens));
      else
        tokens.push_back(values.emplace_back(random.below(digits)));
      spare -= std::ssize(tokens) - before - 1;
    }
    tokens.push_back(end);
    return value(operation, std::move(values));
  }

  static int64_t value(int64_t operation, std::vector<int64_t> arguments) {
    std::sort(arguments.begin(), arguments.end());
    const auto half = arguments.size() / 2;
    switch (operation) {
      case minimum:
        return arguments.front();
      case maximum:
        return arguments.back();
      case median:
        return arguments.size() % 2 ? arguments[half] : (arguments[half - 1] + arguments[half]) / 2;
      case sum:
      default:
        return std::accumulate(arguments.begin(), arguments.end(), int64_t{0}) % digits;
    }
  }

  // Counts the classes of many rows, drawn from a separate stream.
  void count_classes() const {
    constexpr int64_t rows = 20000;
    constexpr uint64_t stream = 3;  // splits are 0 to 2
    std::vector<double> shares(digits, 0);
    for (uint64_t number = 0; number < rows; ++number) {
      Random random(setup().seed, stream, number);
      shares[static_cast<size_t>(row(random, Split::train).targets.front())] += 1.0 / rows;
    }
    const auto most = std::max_element(shares.begin(), shares.end());
    most_frequent_ = *most;
    most_frequent_class_ = most - shares.begin();
    for (const double share : shares) entropy_ -= share > 0 ? share * std::log(share) : 0;
  }

  int64_t depth_ = 3;
  int64_t arguments_ = 4;
  int64_t length_ = 60;

  mutable std::once_flag counted_;
  mutable double entropy_ = 0;
  mutable double most_frequent_ = 0;
  mutable int64_t most_frequent_class_ = 0;
};

const Registration<Task, ListopsTask> listops_registration{
    "listops", "the value of nested minima, maxima, medians and sums of digits"};

}  // namespace
}  // namespace heed
