#include "src/experiment/interrupt.h"

#include <gtest/gtest.h>

#include <csignal>

namespace heed {
namespace {

TEST(Interrupt, TheFirstSignalSetsAFlagAndTheSecondEndsTheProgram) {
  for (const int signal : {SIGINT, SIGTERM}) {
    const InterruptGuard guard;
    EXPECT_FALSE(guard.requested());
    std::raise(signal);
    EXPECT_TRUE(guard.requested());
    EXPECT_EXIT(std::raise(signal), ::testing::KilledBySignal(signal), "");
  }
}

TEST(Interrupt, WithoutAGuardASignalEndsTheProgram) {
  { const InterruptGuard guard; }
  EXPECT_EXIT(std::raise(SIGTERM), ::testing::KilledBySignal(SIGTERM), "");
}

}  // namespace
}  // namespace heed
