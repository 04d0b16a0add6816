#include "tests/src/faults/kills.h"

namespace heed {
namespace {

TEST(Kills, TwoHundredChangeNothingOfWhatAResumedTrainingEndsWith) {
  expect_kills_change_nothing(200);
}

}  // namespace
}  // namespace heed
