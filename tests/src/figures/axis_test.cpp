#include "src/figures/axis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "src/figures/text.h"

namespace heed {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsSupersetOf;

TEST(Axis, MarksRoundNumbers) {
  EXPECT_THAT(make_axis({0, 1}, {.pixels = 200, .vertical = true}).labels(),
              ElementsAre("0", "0.2", "0.4", "0.6", "0.8", "1"));
  EXPECT_THAT(make_axis({-1, 1}, {.pixels = 100, .vertical = true}).labels(),
              ElementsAre("-1", "0", "1"));
  EXPECT_THAT(make_axis({0, 4e6}, {.pixels = 250}).labels(),
              ElementsAre("0", "10⁶", "2×10⁶", "3×10⁶", "4×10⁶"));
}

TEST(Axis, MarksPowersOfTenWithinTenDecades) {
  const auto axis = make_axis({1e-10, 1}, {.log = true, .pixels = 250, .vertical = true});
  EXPECT_THAT(axis.labels(), IsSupersetOf({"10⁻¹⁰", "10⁰"}));
  EXPECT_NEAR(axis.share(1e-5), .5, 1e-9);
  EXPECT_NEAR(axis.value(.5), 1e-5, 1e-12);
}

TEST(Axis, StaysLinearOverAFactorOfFive) {
  EXPECT_FALSE(make_axis({1, 5}, {.log = true}).log);
  EXPECT_TRUE(make_axis({1, 5.1}, {.log = true}).log);
}

TEST(Axis, LabelsNeverTouchAndTicksLieWithin) {
  for (const double low : {-1e7, -3., 0., 1e-7, .02, 999999., 1e9}) {
    for (const double span : {1e-6, .5, 3., 170., 1e6, 1e12}) {
      for (const bool log : {false, true}) {
        for (const double pixels : {120., 250., 640.}) {
          const auto axis =
              make_axis({low, low + span}, {.log = log, .padding = .04, .pixels = pixels});
          EXPECT_FALSE(axis.ticks.empty()) << low << " + " << span;
          double last = -1e9;
          for (const auto& tick : axis.ticks) {
            const double at = axis.share(tick.value) * pixels;
            EXPECT_GE(at, -1e-3);
            EXPECT_LE(at, pixels + 1e-3);
            if (tick.label.empty()) continue;
            EXPECT_GT(at - text_width(tick.label, 12) / 2., last) << low << " + " << span;
            last = at + text_width(tick.label, 12) / 2.;
          }
        }
      }
    }
  }
}

TEST(Axis, HasRoomForNumbersThatAreAllTheSame) {
  for (const double value : {0., 1., -2., 1e-12, 1e15}) {
    const auto axis = make_axis({value, value}, {});
    EXPECT_LT(axis.low, value);
    EXPECT_GT(axis.high, value);
    EXPECT_NEAR(axis.share(value), .5, 1e-6);
  }
  const auto empty = make_axis({}, {});
  EXPECT_LT(empty.low, empty.high);
}

TEST(Axis, LabelsNumbersSoThatTheyDiffer) {
  const auto labels = make_axis({2.30001, 2.30003}, {.pixels = 300, .vertical = true}).labels();
  for (size_t i = 1; i < labels.size(); ++i) EXPECT_NE(labels[i], labels[i - 1]);
  EXPECT_THAT(labels, Contains("2.30002"));
}

TEST(Axis, OfWholeNumbersHasWholeTicks) {
  Span attractors;
  for (const double count : {0., 1., 2., 3.}) attractors.add(count);
  EXPECT_THAT(make_axis(attractors, {.pixels = 600}).labels(), ElementsAre("0", "1", "2", "3"));
  EXPECT_THAT(make_axis(attractors, {.padding = .06, .pixels = 600}).labels(),
              ElementsAre("0", "1", "2", "3"));
  Span one;
  one.add(1);
  EXPECT_THAT(make_axis(one, {.pixels = 600}).labels(), ElementsAre("1"));
  attractors.add(2.5);
  EXPECT_THAT(make_axis(attractors, {.pixels = 600}).labels(), Contains("0.5"));
}

TEST(Axis, OfSharesNearOneShowsTheUpperEndAndSaysSo) {
  EXPECT_EQ(share_range({.4, 1}).low, 0);
  EXPECT_EQ(share_range({}).low, 0);
  const auto near = share_range({.912, .999});
  EXPECT_EQ(near.low, .9);
  EXPECT_EQ(near.high, 1);
  EXPECT_EQ(share_label("accuracy", near), "accuracy, axis from 0.9");
  EXPECT_EQ(share_label("accuracy", {0, 1}), "accuracy");
}

}  // namespace
}  // namespace heed
