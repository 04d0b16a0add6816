#include "train/gradients.h"

#include <ATen/Parallel.h>

#include <gtest/gtest.h>

#include "models/model_builder.h"
#include "models/sequence_model.h"
#include "tests/models/closeness.h"

namespace heed {
namespace {

class LocalGradientsTest : public testing::Test {
 protected:
  ~LocalGradientsTest() override { at::set_num_threads(1); }
};

/// A task, and a small model for it with one layer.
struct SmallTraining {
  std::unique_ptr<Task> task;
  std::shared_ptr<SequenceModel> model;
  std::unique_ptr<FlatParameters> parameters;

  /// `kind` defaults to a transformer that fits the task.
  SmallTraining(const std::string& task_name, std::string kind = "", double dropout = 0)
      : task(TaskRegistry::instance().make(task_name)) {
    OptionList task_options, options;
    task->describe(task_options);
    task->prepare({.seed = 3, .context = 12});
    if (kind.empty())
      kind = task->shape().source_vocabulary > 0 ? "encoder_decoder" : "transformer";
    const auto builder = ModelRegistry::instance().make(kind);
    builder->describe(options);
    *std::get<int64_t*>(options.find("layers")->target) = 1;
    *std::get<int64_t*>(options.find("d_model")->target) = 16;
    *std::get<double*>(options.find("dropout")->target) = dropout;
    at::manual_seed(5);
    model = builder->build(task->shape());
    parameters = std::make_unique<FlatParameters>(*model);
  }

  double compute(int threads, const Batch& batch, double factor = 1, bool add = false,
                 uint64_t seed = 1, Kernels kernels = Kernels::fused) {
    at::set_num_threads(threads);
    TrainOptions options;
    options.kernels = kernels;
    return LocalGradients(*model, *task, *parameters, options)
        .of_batch(batch, {.factor = factor, .first = !add}, seed)
        .mean;
  }
  at::Tensor gradients() const { return parameters->gradients().clone(); }
};

void expect_equal_gradients(const std::string& task, const std::string& kind = "") {
  SCOPED_TRACE(task + " " + kind);
  SmallTraining one(task, kind);
  const auto batch = one.task->batch(Split::train, 0, 9);
  one.parameters->gradients().fill_(7);
  const double expected = one.compute(1, batch);
  const auto gradients = one.gradients();
  EXPECT_GT(gradients.abs().max().item<double>(), 0);
  one.parameters->gradients().fill_(7);
  EXPECT_NEAR(one.compute(2, batch), expected, 1e-5);
  EXPECT_TRUE(close(one.gradients(), gradients, 2e-5));
}

// But for text, which needs a file; its loss is computed like the grammar's.
TEST_F(LocalGradientsTest, TwoThreadsGiveTheGradientsOfOneForEveryTask) {
  for (const auto& task : TaskRegistry::instance().names())
    if (task != "text") expect_equal_gradients(task);
}

TEST_F(LocalGradientsTest, TwoThreadsGiveTheGradientsOfOneForRecurrentModels) {
  for (const std::string kind : {"tanh", "gru", "lstm"}) expect_equal_gradients("copy", kind);
}

TEST_F(LocalGradientsTest, EqualThoseOfOneBackwardPassWithTheReference) {
  SmallTraining one("copy", "transformer");
  const auto batch = one.task->batch(Split::train, 0, 8);
  const auto loss = one.task->loss(one.model->forward(batch.input), batch);
  one.parameters->zero_gradients();
  loss.backward();
  const auto expected = one.gradients();
  for (const auto kernels : {Kernels::reference, Kernels::fused})
    for (const int threads : {1, 2, 4}) {
      EXPECT_NEAR(one.compute(threads, batch, 1, false, 1, kernels), loss.item<double>(), 1e-5);
      EXPECT_TRUE(close(one.gradients(), expected, 1e-5)) << enum_name(kernels) << " " << threads;
    }
}

// The mean is over the scored positions of the whole batch, however they are spread over shares.
TEST_F(LocalGradientsTest, AShareWithFewerScoredPositionsWeighsLess) {
  SmallTraining one("copy", "transformer");
  auto batch = one.task->batch(Split::train, 0, 4);
  batch.targets = batch.targets.clone();
  for (const int64_t row : {0, 1}) batch.targets[row].fill_(not_scored);
  for (const bool few : {false, true}) {  // the first share scores nothing, then one position
    if (few) batch.targets[0][0] = 2;
    const double expected = one.compute(1, batch);
    const auto gradients = one.gradients();
    EXPECT_NEAR(one.compute(2, batch), expected, 1e-5);
    EXPECT_TRUE(close(one.gradients(), gradients, 1e-5));
  }
}

TEST_F(LocalGradientsTest, AreScaledAndAddedUp) {
  SmallTraining one("copy", "transformer");
  const auto first = one.task->batch(Split::train, 0, 4);
  const auto second = one.task->batch(Split::train, 4, 4);
  for (const int threads : {1, 2}) {
    one.compute(threads, first);
    auto expected = one.gradients() * 0.5;
    one.compute(threads, second);
    expected += one.gradients() * 0.5;
    one.compute(threads, first, 0.5, false);
    one.compute(threads, second, 0.5, true);
    EXPECT_TRUE(close(one.gradients(), expected, 1e-6));
  }
}

TEST_F(LocalGradientsTest, TheSeedDecidesWhatDropoutDrops) {
  for (const std::string kind : {"transformer", "lstm"}) {
    SmallTraining one("copy", kind, /*dropout=*/0.5);
    const auto batch = one.task->batch(Split::train, 0, 8);
    one.model->train();
    const double loss = one.compute(2, batch, 1, false, 11);
    const auto gradients = one.gradients();
    at::manual_seed(99);  // dropout does not draw from this generator
    EXPECT_EQ(one.compute(2, batch, 1, false, 11), loss) << kind;
    EXPECT_TRUE(at::equal(one.gradients(), gradients)) << kind;
    EXPECT_NE(one.compute(2, batch, 1, false, 12), loss) << kind;
  }
}

TEST_F(LocalGradientsTest, ABatchIsSharedOutIfThatKeepsMostThreadsBusy) {
  EXPECT_EQ(LocalGradients::share_count(12, 1), 1);
  EXPECT_EQ(LocalGradients::share_count(12, 2), 2);
  EXPECT_EQ(LocalGradients::share_count(13, 2), 2);
  EXPECT_EQ(LocalGradients::share_count(4, 4), 4);
  EXPECT_EQ(LocalGradients::share_count(5, 4), 1);
  EXPECT_EQ(LocalGradients::share_count(1, 2), 1);
}

}  // namespace
}  // namespace heed
