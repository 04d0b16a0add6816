#include "src/console/nearest_word.h"

#include <gtest/gtest.h>

namespace heed {
namespace {

TEST(NearestWord, IsTheOneWithTheFewestLettersToChange) {
  EXPECT_EQ(nearest_word("layres", {"heads", "layers"}), "layers");
  EXPECT_EQ(nearest_word("head", {"heads", "layers"}), "heads");
}

TEST(NearestWord, IsNoneWhereNoneIsNear) {
  EXPECT_EQ(nearest_word("qqqqqqqq", {"heads", "layers"}), "");
  EXPECT_EQ(nearest_word("heads", {}), "");
}

}  // namespace
}  // namespace heed
