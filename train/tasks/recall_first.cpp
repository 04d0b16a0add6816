#include <cmath>

#include "train/tasks/signal_task.h"

namespace heed {
namespace {

/// +1 or -1, then noise; the answer is which of them it was.
class RecallFirstTask : public SignalTask {
 public:
  void describe(OptionList& list) override {
    list.add("length", &length_, "steps of a row").at_least(2);
    list.add("noise", &noise_, "standard deviation of all steps but the first").at_least(0);
    SignalTask::describe(list);
  }

  TaskCard card() const override {
    return {.definition =
                "One channel. The first step is +1 or -1, all later ones are noise around 0. "
                "The answer is the sign of the first step.",
            .judged = "Cross-entropy of the two classes; \"accuracy\" counts correct signs.",
            .source =
                "The latch problem of Bengio, Simard & Frasconi 1994, with one deciding step "
                "(L = 1), which is given, not learned"};
  }

  std::vector<Baseline> baselines() const override {
    return {{.measure = "loss", .formula = "ln 2", .value = std::log(2.0)},
            {.measure = "accuracy", .formula = "1 / 2", .value = 0.5}};
  }

 protected:
  std::vector<std::string> channels() const override { return {"value"}; }
  std::vector<std::string> classes() const override { return {"-1", "+1"}; }
  int64_t length() const override { return length_; }

  double write_row(Random& random, Split, int64_t, std::span<float> values) const override {
    const int64_t answer = random.below(2);
    values.front() = answer == 1 ? 1 : -1;
    for (auto& value : values.subspan(1)) value = static_cast<float>(noise_ * random.normal());
    return static_cast<double>(answer);
  }

  void make_small() override { length_ = 10; }

 private:
  int64_t length_ = 100;
  double noise_ = 0.2;
};

const Registration<Task, RecallFirstTask> recall_first_registration{
    "recall-first", "remember the sign of the first number through noise"};

}  // namespace
}  // namespace heed
