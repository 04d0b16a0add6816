#include "train/distributed/distributed_evaluation.h"

#include <gmock/gmock.h>

#include <limits>

#include "models/model_builder.h"
#include "models/sequence_model.h"
#include "tests/train/distributed/one_of_two_ranks.h"

namespace heed {
namespace {

std::unique_ptr<Task> small_task(const std::string& kind) {
  auto task = TaskRegistry::instance().make(kind);
  OptionList options;
  task->describe(options);
  *std::get<int64_t*>(options.find("evaluation_rows")->target) = 11;
  task->prepare({.seed = 3, .context = 12});
  return task;
}

std::shared_ptr<SequenceModel> small_model_for(const Task& task) {
  const bool pairs = task.shape().source_vocabulary > 0;
  const auto builder = ModelRegistry::instance().make(pairs ? "encoder_decoder" : "transformer");
  OptionList options;
  builder->describe(options);
  *std::get<int64_t*>(options.find("d_model")->target) = 16;
  *std::get<int64_t*>(options.find("layers")->target) = 1;
  at::manual_seed(5);
  return builder->build(task.shape());
}

void expect_same(const Evaluation& found, const Evaluation& expected, const std::string& kind) {
  EXPECT_EQ(found.rows, expected.rows) << kind;
  EXPECT_EQ(found.tokens, expected.tokens) << kind;
  EXPECT_EQ(found.characters, expected.characters) << kind;
  EXPECT_NEAR(found.loss, expected.loss, 1e-6) << kind;
  EXPECT_NEAR(found.standard_error, expected.standard_error, 1e-6) << kind;
  EXPECT_EQ(found.exact_loss.has_value(), expected.exact_loss.has_value()) << kind;
  EXPECT_NEAR(found.excess, expected.excess, 1e-6) << kind;
  EXPECT_NEAR(found.excess_error, expected.excess_error, 1e-6) << kind;
  ASSERT_EQ(found.scores.all.size(), expected.scores.all.size()) << kind;
  for (size_t i = 0; i < found.scores.all.size(); ++i) {
    EXPECT_EQ(found.scores.all[i].measure, expected.scores.all[i].measure) << kind;
    EXPECT_EQ(found.scores.all[i].bucket, expected.scores.all[i].bucket) << kind;
    EXPECT_EQ(found.scores.all[i].correct, expected.scores.all[i].correct) << kind;
    EXPECT_EQ(found.scores.all[i].total, expected.scores.all[i].total) << kind;
  }
  ASSERT_EQ(found.alignment.size(), expected.alignment.size()) << kind;
  for (size_t i = 0; i < found.alignment.size(); ++i)
    EXPECT_EQ(found.alignment[i].error_rate, expected.alignment[i].error_rate) << kind;
}

TEST(DistributedEvaluation, TwoRanksFindTheLossScoresExactLossAndAlignmentOfOne) {
  for (const auto* kind : {"grammar", "translate", "selective-copy", "adding", "dyck"}) {
    const auto task = small_task(kind);
    const auto model = small_model_for(*task);
    const auto whole = evaluate(*model, *task, Split::validation);
    EXPECT_EQ(whole.rows, 11) << kind;
    OneOfTwoRanks first(0), second(1);
    evaluate(*model, *task, Split::validation, first);
    evaluate(*model, *task, Split::validation, second);
    first.gathered = second.gathered = {first.given, second.given};
    expect_same(evaluate(*model, *task, Split::validation, first), whole, kind);
    expect_same(evaluate(*model, *task, Split::validation, second), whole, kind);
  }
}

TEST(DistributedEvaluation, NumbersThatAreNotFiniteReachTheOtherRanks) {
  const auto task = small_task("selective-copy");
  const auto batch = task->batch(Split::validation, 0, 2);
  EvaluationSums sums;
  auto output = at::zeros({2, batch.input.values.size(1), task->shape().output_width});
  output.fill_(std::numeric_limits<float>::quiet_NaN());
  sums.add(*task, output, batch, nullptr);
  EXPECT_TRUE(std::isnan(sums_from_bytes(to_bytes(sums)).result(LossUnit::nats).loss));
}

}  // namespace
}  // namespace heed
