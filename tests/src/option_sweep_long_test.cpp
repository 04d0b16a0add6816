#include "tests/src/option_sweep.h"

namespace heed {
namespace {

TEST(OptionSweep, EveryCombinationTrainsAStepOrSaysWhyNot) {
  const auto count = OptionSweep().run(/*stride=*/1);
  EXPECT_GT(count.trained, 30000);
  EXPECT_GT(count.refused, 10000);
}

}  // namespace
}  // namespace heed
