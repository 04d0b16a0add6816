#include <numeric>

#include "train/tasks/permutation_task.h"

namespace heed {
namespace {

/// The source backwards. What comes next depends on position alone: whoever attends has to look one
/// place further to the left each time, whoever carries a state has to hold the whole source in it.
class ReverseTask : public PermutationTask {
  TaskCard card() const override {
    return {
        .definition = "A source of random symbols, to be written backwards.",
        .judged =
            "Cross-entropy at every word of the answer. \"exact match\": every word is right, by "
            "length of the source.",
        .source = "After Sutskever, Vinyals & Le 2014 (1409.3215)"};
  }

  std::vector<int64_t> order(const std::vector<int64_t>& source) const override {
    std::vector<int64_t> positions(source.size());
    std::iota(positions.rbegin(), positions.rend(), 0);
    return positions;
  }
};

const Registration<Task, ReverseTask> reverse_registration{"reverse",
                                                   "a source of random symbols, backwards"};

}  // namespace
}  // namespace heed
