#include "tests/src/faults/kills.h"

namespace heed {
namespace {

TEST(Kills, TwoHundredDoNotChangeTheResultOfAResumedTraining) { expect_kills_change_nothing(200); }

}  // namespace
}  // namespace heed
