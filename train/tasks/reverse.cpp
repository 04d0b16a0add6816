#include <numeric>

#include "train/tasks/permutation_task.h"

namespace heed {
namespace {

/// The source backwards. The next word depends on position alone: a model with attention looks one
/// position further to the left at each step, and a recurrent model must keep the whole source in
/// its state.
class ReverseTask : public PermutationTask {
  TaskCard card() const override {
    return {
        .definition = "Write a source of random symbols backwards.",
        .judged =
            "Cross-entropy at every word of the answer. \"exact match\": every word is right; by "
            "the source's length.",
        .source = "After Sutskever, Vinyals & Le 2014 (1409.3215)"};
  }

  std::vector<int64_t> order(const std::vector<int64_t>& source) const override {
    std::vector<int64_t> positions(source.size());
    std::iota(positions.rbegin(), positions.rend(), 0);
    return positions;
  }
};

const Registration<Task, ReverseTask> reverse_registration{
    "reverse", "write a source of random symbols backwards"};

}  // namespace
}  // namespace heed
