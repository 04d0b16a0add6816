#include <numeric>

#include "train/tasks/permutation_task.h"

namespace heed {
namespace {

/// The source once more. A model with attention looks one position further at each step. A
/// recurrent model must keep the whole source in its state, and the first word read is the first
/// asked for.
class RepeatTask : public PermutationTask {
  TaskCard card() const override {
    return {
        .definition = "Repeat a source of random symbols.",
        .judged =
            "Cross-entropy at every word of the answer. \"exact match\": every word is right; by "
            "the source's length.",
        .source = "The copy task of Graves, Wayne & Danihelka 2014 (1410.5401), with symbols"};
  }

  std::vector<int64_t> order(const std::vector<int64_t>& source) const override {
    std::vector<int64_t> positions(source.size());
    std::iota(positions.begin(), positions.end(), 0);
    return positions;
  }
};

const Registration<Task, RepeatTask> repeat_registration{"repeat",
                                                         "repeat a source of random symbols"};

}  // namespace
}  // namespace heed
