#include "src/analysis/performance.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/src/analysis/small_run.h"
#include "train/evaluation.h"

namespace heed {
namespace {

TEST(Performance, OfAllSentencesIsWhatEvaluationFinds) {
  const SmallRun run;
  const auto sample =
      draw_sentences(*run.task, Split::validation, 40, at::TensorOptions(at::kDouble), 7);
  const auto found = evaluate_sentences(*run.model, *run.task, sample);
  ASSERT_EQ(found.loss.size(), 40U);
  const auto expected = evaluate(*run.model, *run.task, Split::validation);
  EXPECT_NEAR(loss_increase(std::vector<double>(40, 0), found.loss).mean, expected.loss, 1e-10);
  EXPECT_EQ(found.scores.find("accuracy")->correct, expected.find("accuracy")->correct);
}

TEST(LossIncrease, IsTheMeanDifferenceWithItsStandardErrorAndLeavesOutWhatIsUnknown) {
  const auto nan = std::numeric_limits<double>::quiet_NaN();
  const auto found = loss_increase({1, 2, nan, 4}, {2, 5, 7, nan});
  EXPECT_EQ(found.sentences, 2);
  EXPECT_DOUBLE_EQ(found.mean, 2);
  EXPECT_DOUBLE_EQ(found.error, 1);  // differences 1 and 3: deviation sqrt(2), over sqrt(2)
  EXPECT_TRUE(std::isnan(loss_increase({nan}, {1}).mean));
}

}  // namespace
}  // namespace heed
