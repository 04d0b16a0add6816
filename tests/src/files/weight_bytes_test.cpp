#include "src/files/weight_bytes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <utility>
#include <vector>

namespace heed {
namespace {

double weight(char byte) { return static_cast<uint8_t>(byte) / 255.; }

std::string bytes_of(const at::Tensor& map) {
  std::string bytes;
  append_weight_bytes(map, choose_layout(map), bytes);
  return bytes;
}

TEST(WeightBytes, AreOffByAtMostOne510th) {
  const auto map = at::linspace(0, 1, 1000).view({10, 100});
  const auto bytes = bytes_of(map);
  ASSERT_EQ(bytes.size(), 1000U);
  for (int64_t i = 0; i < 1000; ++i)
    EXPECT_NEAR(weight(bytes[static_cast<size_t>(i)]), map.view(-1)[i].item<double>(),
                1. / 510 + 1e-7);
  EXPECT_EQ(weight(bytes.front()), 0);
  EXPECT_EQ(weight(bytes.back()), 1);
}

TEST(WeightBytes, OfCausalMapsAreTheLowerTriangleRowByRow) {
  const auto bytes =
      bytes_of(at::tensor({1.F, 0.F, 0.F, .2F, .8F, 0.F, .4F, 0.F, .6F}).view({3, 3}));
  EXPECT_EQ(bytes, std::string("\xFF\x33\xCC\x66\x00\x99", 6));
}

TEST(WeightBytes, KeepTheWholeMapIfAQuerySeesALaterKey) {
  EXPECT_FALSE(choose_layout(at::tensor({1.F, 0.F, .5F, .5F}).view({2, 2}).t()).triangle);
  EXPECT_FALSE(choose_layout(at::tensor({1.F, 0.F}).view({1, 2})).triangle) << "not square";
  EXPECT_TRUE(choose_layout(at::ones({1, 1})).triangle);
  EXPECT_EQ(bytes_of(at::tensor({0.F, 1.F, 0.F, 0.F, 0.F, 1.F}).view({2, 3})),
            std::string("\x00\xFF\x00\x00\x00\xFF", 6));
}

TEST(WeightBytes, ClampOtherNumbers) {
  EXPECT_EQ(bytes_of(at::tensor({NAN, -1.F, 2.F}).view({1, 3})), std::string("\x00\x00\xFF", 3));
}

TEST(Base64, FollowsRfc4648) {
  for (const auto& [bytes, text] : std::vector<std::pair<std::string, std::string>>{
           {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}})
    EXPECT_EQ(base64(bytes), text);
  EXPECT_EQ(base64("\xFB\xFF\xFE"), "+//+");
}

}  // namespace
}  // namespace heed
