#include "train/tasks/permutation_task.h"

#include <fmt/format.h>

namespace heed {

void PermutationTask::describe(OptionList& list) {
  list.add("symbols", &symbols_, "number of different symbols: the letters from a on")
      .at_least(2)
      .at_most(26);
  list.add("min_length", &min_length_, "symbols in the shortest source").at_least(1);
  list.add("max_length", &max_length_, "symbols in the longest source").at_least(1);
  Seq2SeqTask::describe(list);
}

void PermutationTask::check() const {
  if (min_length_ > max_length_)
    throw OptionError("max_length", fmt::format("expected at least min_length = {}, got {}",
                                                min_length_, max_length_));
}

PairExtent PermutationTask::extent() const {
  std::vector<std::string> letters;
  for (int64_t i = 0; i < symbols_; ++i) letters.emplace_back(1, static_cast<char>('a' + i));
  return {.source_words = letters,
          .target_words = letters,
          .longest_source = max_length_,
          .longest_target = max_length_};
}

Pair PermutationTask::pair(Split split, int64_t row) const {
  auto random = make_random(split, row);
  Pair pair;
  pair.source.resize(
      static_cast<size_t>(min_length_ + random.below(max_length_ - min_length_ + 1)));
  for (auto& symbol : pair.source) symbol = random.below(symbols_);
  pair.alignment = order(pair.source);
  for (const int64_t position : pair.alignment)
    pair.target.push_back(pair.source[static_cast<size_t>(position)]);
  return pair;
}

}  // namespace heed
