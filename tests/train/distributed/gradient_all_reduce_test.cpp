#include "train/distributed/gradient_all_reduce.h"

#include <gmock/gmock.h>
#include <torch/nn/modules/linear.h>

#include <algorithm>

#include "tests/train/distributed/one_of_two_ranks.h"

namespace heed {
namespace {

using ::testing::ElementsAre;

// Three parameters of 4, 6 and 2 numbers, which lie in the buffer in some order.
struct Model : torch::nn::Module {
  Model() {
    for (const int64_t size : {4, 6, 2})
      register_parameter("p" + std::to_string(size), at::zeros({size}, at::kDouble));
  }
};

class GradientAllReduceTest : public testing::Test {
 protected:
  std::shared_ptr<Model> model_ = std::make_shared<Model>();
  FlatParameters parameters_{*model_};
  OneOfTwoRanks ranks_;

  int64_t size(size_t parameter) const { return parameters_.parameters()[parameter].numel(); }
  std::vector<int64_t> started() const {
    std::vector<int64_t> sizes;
    for (const auto& sum : ranks_.started) sizes.push_back(std::ssize(sum));
    return sizes;
  }
};

TEST_F(GradientAllReduceTest, ABucketEndsAfterTheParameterThatFillsIt) {
  EXPECT_EQ(GradientAllReduce(parameters_, ranks_, 8).buckets(), 3);
  EXPECT_EQ(GradientAllReduce(parameters_, ranks_, 33).buckets(), 2);
  EXPECT_EQ(GradientAllReduce(parameters_, ranks_, 1000).buckets(), 1);
}

TEST_F(GradientAllReduceTest, EachNumberIsAddedUpOnce) {
  for (const int64_t bytes : {8, 33, 1000}) {
    ranks_.started.clear();
    parameters_.gradients().copy_(at::arange(12, at::kDouble));
    GradientAllReduce sum(parameters_, ranks_, bytes);
    sum.begin();
    for (size_t i = 0; i < 3; ++i) sum.ready(i);
    sum.finish();
    EXPECT_TRUE(parameters_.gradients().equal(2 * at::arange(12, at::kDouble))) << bytes;
  }
}

TEST_F(GradientAllReduceTest, ASumStartsWhenItsParametersAndThoseBeforeAreReady) {
  GradientAllReduce sum(parameters_, ranks_, 8);
  sum.begin();
  sum.ready(2);
  sum.ready(1);
  EXPECT_TRUE(ranks_.started.empty());  // the first time, in the order of the buffer
  sum.ready(0);
  EXPECT_THAT(started(), ElementsAre(size(0), size(1), size(2)));
  sum.finish();
  ranks_.started.clear();
  sum.begin();
  sum.ready(2);
  EXPECT_THAT(started(), ElementsAre(size(2)));  // then as they became ready
  sum.ready(0);
  EXPECT_EQ(started().size(), 1);
  sum.ready(1);
  EXPECT_THAT(started(), ElementsAre(size(2), size(1), size(0)));
  sum.finish();
}

TEST_F(GradientAllReduceTest, BucketsThatNeverBecomeReadyAreAddedUpAtTheEnd) {
  GradientAllReduce sum(parameters_, ranks_, 8);
  for (int pass = 0; pass < 2; ++pass) {
    ranks_.started.clear();
    sum.begin();
    sum.ready(1);
    sum.finish();
    EXPECT_EQ(started().size(), 3);
  }
  EXPECT_EQ(started().front(), size(1));
}

TEST_F(GradientAllReduceTest, TheOrderIsThatOfRankZero) {
  ranks_.broadcast_bytes = std::vector<size_t>{1, 2, 0};
  GradientAllReduce sum(parameters_, ranks_, 8);
  for (int pass = 0; pass < 2; ++pass) {
    ranks_.started.clear();
    sum.begin();
    for (size_t i = 0; i < 3; ++i) sum.ready(i);
    sum.finish();
  }
  EXPECT_THAT(started(), ElementsAre(size(1), size(2), size(0)));
}

}  // namespace
}  // namespace heed
