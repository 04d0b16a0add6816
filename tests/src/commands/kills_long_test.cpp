#include "tests/src/commands/kills.h"

namespace heed {
namespace {

TEST(Kills, TwoHundredChangeNothingOfWhatAResumedTrainingEndsWith) {
  expect_kills_change_nothing(200);
}

}  // namespace
}  // namespace heed
