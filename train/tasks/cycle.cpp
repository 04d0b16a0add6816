#include "train/tasks/formal_task.h"

namespace heed {
namespace {

/// The place on a ring of 5 after steps from place 0.
class CycleTask : public FormalTask {
 public:
  TaskCard card() const override {
    return {
        .definition =
            "Moves on a ring of 5 places, from place 0: 0 stays, +1 and -1 go one place forward "
            "or back, drawn uniformly. The answer is the place at the end.",
        .judged = judged(),
        .source = "\"Cycle navigation\" of Deletang et al. 2022 (2207.02098)"};
  }

 protected:
  std::vector<std::string> words() const override { return {"0", "+1", "-1"}; }
  std::vector<std::string> answers() const override { return {"0", "1", "2", "3", "4"}; }

  WordRange words_at(int64_t) const override { return {.first = 0, .count = 3}; }
  int64_t states() const override { return places; }
  int64_t next_state(int64_t place, int64_t word) const override {
    constexpr int64_t moves[] = {0, 1, places - 1};
    return (place + moves[word]) % places;
  }
  int64_t answer(int64_t place) const override { return place; }

 private:
  static constexpr int64_t places = 5;
};

const Registration<Task, CycleTask> cycle_registration{
    "cycle", "the place on a ring of 5 after steps forward and back"};

}  // namespace
}  // namespace heed
