#include "train/tasks/formal_task.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace heed {

void FormalTask::describe(OptionList& list) {
  list.add("min_length", &min_length_, "words in the shortest row").at_least(1);
  list.add("length", &length_, "words in the longest row").at_least(1);
  list.add("every", &every_, "ask for an answer after every word, not only at the end");
  TokenTask::describe(list);
}

void FormalTask::check() const {
  if (min_length_ > length_)
    throw OptionError("min_length",
                      fmt::format("expected at most length = {}, got {}", length_, min_length_));
}

Row FormalTask::row(Random& random, Split) const {
  const int64_t length = whole_length(min_length_ + random.below(length_ - min_length_ + 1));
  Row row;
  int64_t state = 0;
  for (int64_t place = 0; place < length; ++place) {
    const auto words = words_at(place);
    const int64_t word = words.first + random.below(words.count);
    state = next_state(state, word);
    const int64_t asked = answer(state);
    row.tokens.push_back(word);
    row.targets.push_back(asked);
    row.groups.push_back(asked == not_scored ? not_scored : place + 1);
  }
  if (every_) return row;
  return {.tokens = row.tokens, .targets = {row.targets.back()}, .groups = {length}};
}

void FormalTask::make_small() { min_length_ = length_ = 9; }

std::string FormalTask::judged() const {
  return "Cross-entropy of the class; \"accuracy\": the likeliest class is the right one, by the "
         "row's length (with task.every: by the words read so far).";
}

// For each position, how many of the possible lengths ask for an answer there.
std::vector<double> FormalTask::asked_at() const {
  std::vector<double> asked(static_cast<size_t>(length_), 0);
  for (int64_t drawn = min_length_; drawn <= length_; ++drawn) {
    const auto length = whole_length(drawn);
    for (int64_t place = every_ ? 0 : length - 1; place < length; ++place)
      ++asked[static_cast<size_t>(place)];
  }
  return asked;
}

// The probability of each state after one more word.
std::vector<double> FormalTask::advance(const std::vector<double>& chance, int64_t place) const {
  const auto words = words_at(place);
  std::vector<double> next(chance.size(), 0);
  for (size_t state = 0; state < chance.size(); ++state) {
    if (chance[state] == 0) continue;  // a state that no row reaches may have no next state
    for (int64_t i = 0; i < words.count; ++i)
      next[static_cast<size_t>(next_state(static_cast<int64_t>(state), words.first + i))] +=
          chance[state] / static_cast<double>(words.count);
  }
  return next;
}

// The share of each class among all answers.
std::vector<double> FormalTask::class_shares() const {
  const auto asked = asked_at();
  std::vector<double> shares(answers().size(), 0), chance(static_cast<size_t>(states()), 0);
  chance[0] = 1;
  for (int64_t place = 0; place < length_; ++place) {
    chance = advance(chance, place);
    for (size_t state = 0; state < chance.size(); ++state)
      if (const auto it = answer(static_cast<int64_t>(state)); it != not_scored)
        shares[static_cast<size_t>(it)] += asked[static_cast<size_t>(place)] * chance[state];
  }
  const double total = std::accumulate(shares.begin(), shares.end(), 0.0);
  for (auto& share : shares) share /= total;
  return shares;
}

std::vector<Baseline> FormalTask::baselines() const {
  const auto classes = answers();
  const auto count = static_cast<double>(classes.size());
  std::vector<Baseline> baselines = {
      {.measure = "loss",
       .formula = fmt::format("ln {}", classes.size()),
       .value = std::log(count)},
      {.measure = "accuracy", .formula = fmt::format("1 / {}", classes.size()), .value = 1 / count},
  };
  const auto shares = class_shares();
  const auto most = std::max_element(shares.begin(), shares.end());
  if (*most < 1 / count + 1e-9) return baselines;
  double entropy = 0;
  for (const double share : shares) entropy -= share > 0 ? share * std::log(share) : 0;
  const auto& name = classes[static_cast<size_t>(most - shares.begin())];
  baselines.push_back({.measure = "loss",
                       .formula = "entropy of the classes",
                       .value = entropy,
                       .who = "knows how frequent each class is"});
  baselines.push_back({.measure = "accuracy",
                       .formula = fmt::format("P({})", name),
                       .value = *most,
                       .who = fmt::format("always answers {}", name)});
  return baselines;
}

}  // namespace heed
