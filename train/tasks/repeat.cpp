#include <numeric>

#include "train/tasks/permutation_task.h"

namespace heed {
namespace {

/// The source once more. Whoever attends looks one place further each time; whoever carries a state
/// has to hold the whole source in it until the end, and what was read first is asked for first.
class RepeatTask : public PermutationTask {
  TaskCard card() const override {
    return {
        .definition = "A source of random symbols, to be written once more.",
        .judged =
            "Cross-entropy at every word of the answer. \"exact match\": every word is right, by "
            "length of the source.",
        .source = "The copy task of Graves, Wayne & Danihelka 2014 (1410.5401), from symbols"};
  }

  std::vector<int64_t> order(const std::vector<int64_t>& source) const override {
    std::vector<int64_t> positions(source.size());
    std::iota(positions.begin(), positions.end(), 0);
    return positions;
  }
};

const Registration<Task, RepeatTask> repeat_registration{"repeat",
                                                  "a source of random symbols, once more"};

}  // namespace
}  // namespace heed
