#include "src/analysis/head_maps.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/models/closeness.h"
#include "tests/src/analysis/maps.h"

namespace heed {
namespace {

TEST(HeadMaps, KeysAreOpenWhereTheyAreAllowedAndNoPadding) {
  const auto maps = padded_maps();
  const auto open = open_keys(maps).expand({3, 2, 7, 7});
  for (int64_t b = 0; b < 3; ++b)
    for (int64_t q = 0; q < 7; ++q)
      for (int64_t k = 0; k < 7; ++k)
        EXPECT_EQ(open[b][1][q][k].item<bool>(), k <= q && k < (b == 0 ? 7 : b == 1 ? 5 : 3));
}

TEST(HeadMaps, WithoutMaskOrLengthsAllKeysAreOpenAndAllRowsCount) {
  const HeadMaps maps{.weights = at::rand({2, 3, 4, 5}), .self = false};
  EXPECT_TRUE(open_keys(maps).expand({2, 3, 4, 5}).all().item<bool>());
  EXPECT_TRUE(rows_with_keys(maps, 5).expand({2, 3, 4}).all().item<bool>());
  EXPECT_FALSE(rows_with_keys(maps, 6).any().item<bool>());
}

TEST(HeadMaps, RowsOfPaddingOrWithTooFewKeysDoNotCount) {
  const auto rows = rows_with_keys(padded_maps(), 2);                         // [3, 1, 7]
  const auto expected = at::tensor(std::vector<int64_t>{0, 1, 1, 1, 1, 1, 1,  //
                                                        0, 1, 1, 1, 1, 0, 0,  //
                                                        0, 1, 1, 0, 0, 0, 0});
  EXPECT_TRUE(rows.to(at::kLong).flatten().equal(expected)) << rows;
}

TEST(HeadMaps, WeightsOnClosedKeysAreTakenAway) {
  auto maps = one_map({{0.5, 0.5}, {0.25, 0.75}});
  EXPECT_TRUE(close(open_weights(maps)[0][0], matrix({{0.5, 0}, {0.25, 0.75}}), 0));
}

TEST(MeanOverRows, IsNoNumberForASentenceWithoutRows) {
  const auto values = at::tensor({1.0, 2.0, 6.0, 5.0, 5.0, 5.0}).view({2, 1, 3});
  const auto rows = at::tensor({1, 0, 1, 0, 0, 0}).view({2, 1, 3}).to(at::kBool);
  const auto mean = mean_over_rows(values, rows);
  EXPECT_DOUBLE_EQ(mean[0][0].item<double>(), 3.5);
  EXPECT_TRUE(std::isnan(mean[1][0].item<double>()));
}

TEST(HeadMaps, ShapesThatDoNotGoTogetherAreAnswered) {
  const auto weights = at::rand({2, 3, 4, 4});
  EXPECT_NO_THROW(check({.weights = weights}));
  EXPECT_THROW(check({}), std::invalid_argument);
  EXPECT_THROW(check({.weights = at::rand({3, 4, 4})}), std::invalid_argument);
  EXPECT_THROW(check({.weights = at::rand({2, 3, 4, 5})}), std::invalid_argument);
  EXPECT_NO_THROW(check({.weights = at::rand({2, 3, 4, 5}), .self = false}));
  EXPECT_THROW(check({.weights = weights, .allowed = causal(5)}), std::invalid_argument);
  EXPECT_THROW(check({.weights = weights, .query_lengths = at::zeros({3}, at::kLong)}),
               std::invalid_argument);
  EXPECT_THROW(check({.weights = weights, .key_lengths = at::zeros({2})}), std::invalid_argument);
  EXPECT_THROW(check({.weights = weights, .tokens = at::zeros({2, 5}, at::kLong)}),
               std::invalid_argument);
}

TEST(HeadMaps, OfARecordingKnowTheTokensAndLengthsOfTheirOwnSide) {
  AttentionRecorder recorder;
  const auto encoder = at::rand({2, 2, 5, 5}), decoder = at::rand({2, 2, 3, 3});
  const auto cross = at::rand({2, 2, 3, 5});
  recorder.record({AttentionKind::encoder, 0}, at::rand({2, 2, 5, 5}));
  recorder.record({AttentionKind::encoder, 1}, encoder);
  recorder.on_weights({AttentionKind::decoder, 0}, decoder, causal(3));
  recorder.record({AttentionKind::cross, 0}, cross);
  const SequenceInput input{.values = at::arange(6).view({2, 3}),
                            .lengths = at::tensor(std::vector<int64_t>{3, 2}),
                            .source = at::arange(10).view({2, 5}),
                            .source_lengths = at::tensor(std::vector<int64_t>{4, 5})};
  const auto maps = head_maps(recorder, input);
  ASSERT_EQ(maps.size(), 4U);
  const auto& of_encoder = maps.at({AttentionKind::encoder, 1});
  EXPECT_TRUE(of_encoder.weights.equal(encoder));
  EXPECT_TRUE(of_encoder.tokens.equal(input.source));
  EXPECT_TRUE(of_encoder.query_lengths.equal(input.source_lengths));
  const auto& of_decoder = maps.at({AttentionKind::decoder, 0});
  EXPECT_TRUE(of_decoder.tokens.equal(input.values));
  EXPECT_TRUE(of_decoder.key_lengths.equal(input.lengths));
  EXPECT_TRUE(of_decoder.allowed.squeeze().equal(causal(3)));
  const auto& of_cross = maps.at({AttentionKind::cross, 0});
  EXPECT_FALSE(of_cross.self);
  EXPECT_FALSE(of_cross.tokens.defined());
  EXPECT_TRUE(of_cross.query_lengths.equal(input.lengths));
  EXPECT_TRUE(of_cross.key_lengths.equal(input.source_lengths));
  for (const auto& [layer_id, map] : maps) EXPECT_NO_THROW(check(map));
}

TEST(EntropyOfRows, IsZeroForOneKeyAndTheLogarithmOfTheirNumberForEvenOnes) {
  const auto rows =
      at::tensor({1., 0., 0., 0., 0.25, 0.25, 0.25, 0.25, 0.5, 0.5, 0., 0.}, at::kDouble)
          .view({3, 4});
  EXPECT_TRUE(close(entropy_of_rows(rows),
                    at::tensor({0., std::log(4.), std::log(2.)}, at::kDouble), 1e-12));
}

}  // namespace
}  // namespace heed
