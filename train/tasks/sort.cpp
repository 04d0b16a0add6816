#include <algorithm>
#include <numeric>

#include "train/tasks/permutation_task.h"

namespace heed {
namespace {

/// The source in alphabetical order. The next word depends on the symbols alone, not on their
/// positions. Equal symbols keep their order, so that each target has one source position.
class SortTask : public PermutationTask {
  TaskCard card() const override {
    return {
        .definition = "Write a source of random symbols in alphabetical order.",
        .judged =
            "Cross-entropy at every word of the answer. \"exact match\": every word is right; by "
            "the source's length.",
        .source = "After Vinyals, Bengio & Kudlur 2016 (1511.06391)"};
  }

  std::vector<int64_t> order(const std::vector<int64_t>& source) const override {
    std::vector<int64_t> positions(source.size());
    std::iota(positions.begin(), positions.end(), 0);
    std::stable_sort(positions.begin(), positions.end(), [&source](int64_t a, int64_t b) {
      return source[static_cast<size_t>(a)] < source[static_cast<size_t>(b)];
    });
    return positions;
  }
};

const Registration<Task, SortTask> sort_registration{"sort", "sort a source of random symbols"};

}  // namespace
}  // namespace heed
