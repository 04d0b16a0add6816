#include "tests/src/experiment/option_sweep.h"

namespace heed {
namespace {

TEST(OptionSweep, CombinationsTrainAStepOrExplainWhyNot) {
  const auto count = OptionSweep().run(/*stride=*/1, /*most=*/4000);
  EXPECT_GT(count.trained, 30000);
  EXPECT_GT(count.refused, 10000);
}

}  // namespace
}  // namespace heed
