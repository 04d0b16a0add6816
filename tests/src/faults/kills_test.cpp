// A training can be killed at any moment.

#include "tests/src/faults/kills.h"

namespace heed {
namespace {

TEST(Kills, AtAnyMomentDoNotChangeTheResultOfAResumedTraining) { expect_kills_change_nothing(10); }

}  // namespace
}  // namespace heed
