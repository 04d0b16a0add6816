#include "train/generation/stop_text.h"

#include <gmock/gmock.h>

#include <vector>

#include "train/data/random.h"

namespace heed {
namespace {

using ::testing::ElementsAre;

/// What comes out at each piece, and at the end.
std::vector<std::string> fed(StopText stop, const std::vector<std::string>& pieces) {
  std::vector<std::string> result;
  for (const auto& piece : pieces) result.push_back(stop.feed(piece));
  result.push_back(stop.flush());
  return result;
}

TEST(StopText, EndsBeforeTheStopTextWithinAPiece) {
  StopText stop("end");
  EXPECT_EQ(stop.feed("an ending"), "an ");
  EXPECT_TRUE(stop.over());
  EXPECT_EQ(stop.feed("more"), "");
  EXPECT_EQ(stop.flush(), "");
}

TEST(StopText, EndsBeforeAStopTextThatSpansPieces) {
  EXPECT_THAT(fed(StopText("it was"), {"since", " i", "t", " wa", "s", " tired"}),
              ElementsAre("since", " ", "", "", "", "", ""));
}

TEST(StopText, ABeginningThatComesToNothingIsHandedOutLater) {
  EXPECT_THAT(fed(StopText("abc"), {"xa", "b", "d", "a"}), ElementsAre("x", "", "abd", "", "a"));
  EXPECT_THAT(fed(StopText("aab"), {"a", "a", "a", "b"}), ElementsAre("", "", "a", "", ""));
}

TEST(StopText, AnEmptyOneStopsNothingAndHoldsNothingBack) {
  StopText stop("");
  EXPECT_EQ(stop.feed("all"), "all");
  EXPECT_FALSE(stop.over());
}

TEST(StopText, CutsEveryTextWhereASearchInTheWholeWould) {
  Random random(1, 0, 0);
  for (int round = 0; round < 500; ++round) {
    std::string text, stop, out;
    for (int64_t i = 1 + random.below(4); i > 0; --i) stop += random.below(2) ? "a" : "b";
    StopText stream(stop);
    for (int64_t pieces = random.below(12); pieces > 0; --pieces) {
      std::string piece;
      for (int64_t i = random.below(4); i > 0; --i) piece += random.below(2) ? "a" : "b";
      text += piece;
      out += stream.feed(piece);
      ASSERT_EQ(stream.over(), text.find(stop) != std::string::npos) << stop << " in " << text;
      ASSERT_TRUE(stream.over() || text.size() - out.size() < stop.size()) << "too much held";
    }
    out += stream.flush();
    ASSERT_EQ(out, text.substr(0, text.find(stop))) << stop << " in " << text;
  }
}

}  // namespace
}  // namespace heed
