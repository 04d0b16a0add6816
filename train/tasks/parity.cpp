#include "train/tasks/formal_task.h"

namespace heed {
namespace {

/// Whether a row of a and b has an even or an odd number of b. Both are equally frequent at every
/// length.
class ParityTask : public FormalTask {
 public:
  TaskCard card() const override {
    return {.definition =
                "A row of a and b, drawn uniformly; the answer is whether the number of b is even "
                "or odd.",
            .judged = judged(),
            .source = "\"Parity check\" of Deletang et al. 2022 (2207.02098)"};
  }

 protected:
  std::vector<std::string> words() const override { return {"a", "b"}; }
  std::vector<std::string> answers() const override { return {"even", "odd"}; }

  WordRange words_at(int64_t) const override { return {.first = 0, .count = 2}; }
  int64_t states() const override { return 2; }
  int64_t next_state(int64_t state, int64_t word) const override { return state ^ word; }
  int64_t answer(int64_t state) const override { return state; }
};

const Registration<Task, ParityTask> parity_registration{
    "parity", "whether the number of b in a row of a and b is even or odd"};

}  // namespace
}  // namespace heed
