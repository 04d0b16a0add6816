#include "src/console/nearest_word.h"

#include <gtest/gtest.h>

namespace heed {
namespace {

TEST(NearestWord, HasTheSmallestEditDistance) {
  EXPECT_EQ(nearest_word("layres", {"heads", "layers"}), "layers");
  EXPECT_EQ(nearest_word("head", {"heads", "layers"}), "heads");
}

TEST(NearestWord, IsEmptyIfNoneIsNear) {
  EXPECT_EQ(nearest_word("qqqqqqqq", {"heads", "layers"}), "");
  EXPECT_EQ(nearest_word("heads", {}), "");
}

TEST(Suggestion, NamesANearWordOrAllKnownOnes) {
  EXPECT_EQ(suggestion("layres", {"heads", "layers"}), "did you mean layers?");
  EXPECT_EQ(suggestion("layres", {"heads", "layers"}, "model."), "did you mean model.layers?");
  EXPECT_EQ(suggestion("qqqqqqqq", {"heads", "layers"}), "known are: heads, layers");
}

}  // namespace
}  // namespace heed
