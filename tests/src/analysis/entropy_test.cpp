#include "src/analysis/entropy.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/models/closeness.h"

namespace heed {
namespace {

TEST(Entropy, OfRowsIsZeroForOneKeyAndTheLogarithmOfTheirNumberForEvenOnes) {
  const auto rows =
      at::tensor({1., 0., 0., 0., 0.25, 0.25, 0.25, 0.25, 0.5, 0.5, 0., 0.}, at::kDouble)
          .view({3, 4});
  EXPECT_TRUE(close(entropy_of_rows(rows),
                    at::tensor({0., std::log(4.), std::log(2.)}, at::kDouble), 1e-12));
}

}  // namespace
}  // namespace heed
