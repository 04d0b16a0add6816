#include "train/tasks/signal_task.h"

namespace heed {
namespace {

constexpr double tolerance = 0.04;  // the error that Hochreiter & Schmidhuber 1997 allow

/// Two of many numbers are marked; the answer is their sum.
class AddingTask : public SignalTask {
 public:
  void describe(OptionList& list) override {
    list.add("length", &length_, "steps of a row").at_least(2);
    SignalTask::describe(list);
  }

  TaskCard card() const override {
    return {.definition =
                "Two channels: numbers drawn uniformly from 0 to 1, and a marker that is 1 at one "
                "step of each half of the row, else 0. The answer is the sum of the two marked "
                "numbers.",
            .judged =
                "Squared error; always answering 1 gives 1/6, whose root is 0.408. \"within "
                "0.04\" counts the answers that are closer than that to the sum.",
            .source =
                "Hochreiter & Schmidhuber 1997; as in Le, Jaitly & Hinton 2015 (1504.00941) "
                "and Arjovsky, Shah & Bengio 2016 (1511.06464)"};
  }

  std::vector<Baseline> baselines() const override {
    const std::string who = "always answers 1";
    return {
        {.measure = "loss", .formula = "1 / 6", .value = 1.0 / 6, .who = who},
        {.measure = main_measure(), .formula = "1 - 0.96^2", .value = 1 - 0.96 * 0.96, .who = who}};
  }

  std::string main_measure() const override { return "within 0.04"; }

  void score(const at::Tensor& output, const Batch& batch, Scores& scores) const override {
    const auto near = (output - batch.targets).abs().lt(tolerance);  // [B, 1]
    scores.count(main_measure(), "", "", near.sum().item<int64_t>(), near.numel());
  }

 protected:
  std::vector<std::string> channels() const override { return {"u", "marker"}; }
  std::vector<std::string> classes() const override { return {}; }
  int64_t length() const override { return length_; }

  double write_row(Random& random, Split, int64_t, std::span<float> values) const override {
    for (size_t t = 0; t < values.size(); t += 2) {
      values[t] = static_cast<float>(random() >> 8) * 0x1p-24f;  // never rounded up to 1
      values[t + 1] = 0;
    }
    const int64_t half = length_ / 2;
    double sum = 0;
    for (const int64_t step : {random.below(half), half + random.below(length_ - half)}) {
      const auto t = static_cast<size_t>(2 * step);
      values[t + 1] = 1;
      sum += values[t];
    }
    return sum;
  }

  void make_small() override { length_ = 10; }

 private:
  int64_t length_ = 100;
};

const Registration<Task, AddingTask> adding_registration{"adding",
                                                         "add the two marked numbers among many"};

}  // namespace
}  // namespace heed
