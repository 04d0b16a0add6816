#include "tests/src/experiment/option_sweep.h"

namespace heed {
namespace {

// All of them: option_sweep_long_test.
TEST(OptionSweep, SomeCombinationsTrainAStepOrExplainWhyNot) {
  const auto count = OptionSweep().run(/*stride=*/97, /*most=*/32);
  EXPECT_GT(count.trained, 500);
  EXPECT_GT(count.refused, 100);
}

}  // namespace
}  // namespace heed
