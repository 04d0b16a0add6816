#include "src/analysis/head_measure.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <set>
#include <stdexcept>

#include "tests/models/closeness.h"
#include "tests/src/analysis/maps.h"
#include "train/files/file.h"

namespace heed {
namespace {

double of_one(const std::string& name, const HeadMaps& maps) {
  return head_measure(name).of(maps)[0][0].item<double>();
}

TEST(HeadMeasures, ComeByRankAndEachSaysWhatItIs) {
  std::set<std::string> names;
  for (const auto& measure : head_measures()) {
    names.insert(measure.name);
    EXPECT_FALSE(measure.title.empty()) << measure.name;
    EXPECT_FALSE(measure.formula.empty()) << measure.name;
    EXPECT_FALSE(measure.source.empty()) << measure.name;
  }
  EXPECT_EQ(names.size(), head_measures().size());
  EXPECT_EQ(head_measures().front().name, "previous");
  EXPECT_TRUE(std::is_sorted(head_measures().begin(), head_measures().end(),
                             [](const auto& a, const auto& b) { return a.rank < b.rank; }));
}

TEST(HeadMeasures, AnUnknownNameIsAnsweredWithTheKnownOnes) {
  try {
    head_measure("previos");
    FAIL();
  } catch (const std::invalid_argument& error) {
    EXPECT_NE(std::string(error.what()).find("previous"), std::string::npos);
  }
}

// The file of a measure holds all that tables, roles, findings and figures need of it.
TEST(HeadMeasures, AreNamedInNoOtherFileOfTheirFolder) {
  for (const auto& entry : std::filesystem::directory_iterator(HEED_SOURCE_DIR "/src/analysis")) {
    if (entry.path().extension() != ".cpp") continue;
    const auto source = read_file(entry.path());
    for (const auto& measure : head_measures())
      EXPECT_EQ(source.find('"' + measure.name + '"'), std::string::npos)
          << entry.path() << " names " << measure.name;
  }
}

TEST(HeadMeasures, OfCrossAttentionAreThoseThatNeedNoCommonPositions) {
  const HeadMaps cross{.weights = at::full({2, 3, 4, 5}, 0.2), .self = false};
  std::vector<std::string> apply;
  for (const auto& measure : head_measures())
    if (measure.applies_to(cross)) apply.push_back(measure.name);
  EXPECT_EQ(apply, (std::vector<std::string>{"entropy", "peaked"}));
  EXPECT_THROW(head_measure("previous").of(cross), std::invalid_argument);
  EXPECT_THROW(head_measure("induction").of({.weights = at::rand({1, 1, 3, 3})}),
               std::invalid_argument);
}

// Rows of a map with round numbers, each measure's value worked out by hand.
const Rows by_hand = {{1, 0, 0, 0},  //
                      {0.5, 0.5, 0, 0},
                      {0.25, 0.5, 0.25, 0},
                      {0.125, 0.125, 0.5, 0.25}};

TEST(HeadMeasures, OfPlacesAreMeansOfSingleWeights) {
  const auto maps = one_map(by_hand);
  EXPECT_DOUBLE_EQ(of_one("previous", maps), (0.5 + 0.5 + 0.5) / 3);
  EXPECT_DOUBLE_EQ(of_one("current", maps), (0.5 + 0.25 + 0.25) / 3);
  EXPECT_DOUBLE_EQ(of_one("first", maps), (0.5 + 0.25 + 0.125) / 3);
  EXPECT_DOUBLE_EQ(of_one("distance", maps), (0 + 0.5 + (0.5 + 0.5) + (0.375 + 0.25 + 0.5)) / 4);
}

TEST(HeadMeasures, TheNextTokenIsMeasuredWhereItMayBeSeen) {
  EXPECT_TRUE(std::isnan(of_one("next", one_map(by_hand))));
  const Rows two_way = {{0.25, 0.75, 0}, {0.5, 0.25, 0.25}, {1, 0, 0}};
  EXPECT_DOUBLE_EQ(of_one("next", one_map(two_way, false)), (0.75 + 0.25) / 2);
}

TEST(HeadMeasures, ARowThatMayAttendNowhereIsNoRow) {
  auto maps = one_map({{0, 0, 0}, {0, 0, 0}, {0.25, 0.5, 0.25}});
  maps.allowed = at::tensor({0, 0, 0, 0, 0, 0, 1, 1, 1}).view({3, 3}).to(at::kBool);
  EXPECT_DOUBLE_EQ(of_one("previous", maps), 0.5);
  EXPECT_DOUBLE_EQ(of_one("distance", maps), 1);
}

// Tokens a b a b a: position 2 repeats 0, 3 repeats 1, 4 repeats 0 and 2.
const Rows of_repeats = {{1, 0, 0, 0, 0},
                         {0, 1, 0, 0, 0},
                         {0.5, 0.25, 0.25, 0, 0},
                         {0.25, 0.25, 0.25, 0.25, 0},
                         {0.125, 0.25, 0.125, 0.375, 0.125}};

TEST(HeadMeasures, DuplicateIsTheWeightOnEarlierEqualTokens) {
  const auto maps = one_map(of_repeats, true, {1, 2, 1, 2, 1});
  EXPECT_DOUBLE_EQ(of_one("duplicate", maps), (0.5 + 0.25 + (0.125 + 0.125)) / 3);
}

TEST(HeadMeasures, InductionIsTheWeightOnWhatFollowedEarlierEqualTokens) {
  const auto maps = one_map(of_repeats, true, {1, 2, 1, 2, 1});
  EXPECT_DOUBLE_EQ(of_one("induction", maps), (0.25 + 0.25 + (0.25 + 0.375)) / 3);
}

TEST(HeadMeasures, InductionLooksNeitherAtItselfNorBack) {
  // Of a a a: position 1 has no key before itself, position 2 has key 1 alone.
  const auto maps = one_map({{1, 0, 0}, {0, 1, 0}, {0.25, 0.5, 0.25}}, true, {1, 1, 1});
  EXPECT_DOUBLE_EQ(of_one("induction", maps), 0.5);
  EXPECT_TRUE(std::isnan(of_one("induction", one_map(by_hand, true, {1, 2, 3, 4}))));
  EXPECT_TRUE(std::isnan(of_one("duplicate", one_map(by_hand, true, {1, 2, 3, 4}))));
}

// What detect_head() of TransformerLens gives for these maps, worked out by hand from its patterns:
// the whole weight is 5; its induction pattern keeps k = q.
TEST(HeadMeasures, SimilaritiesAreSharesOfTheWholeWeight) {
  const auto maps = one_map(of_repeats, true, {1, 2, 1, 2, 1});
  EXPECT_DOUBLE_EQ(of_one("previous_mul", maps), (0 + 0.25 + 0.25 + 0.375) / 5);
  EXPECT_DOUBLE_EQ(of_one("duplicate_mul", maps), (0.5 + 0.25 + 0.125 + 0.125) / 5);
  EXPECT_DOUBLE_EQ(of_one("induction_mul", maps), (0.25 + 0.25 + 0.25 + 0.375) / 5);
  const auto same = one_map({{1, 0, 0}, {0.25, 0.75, 0}, {0.25, 0.25, 0.5}}, true, {1, 1, 1});
  EXPECT_DOUBLE_EQ(of_one("induction_mul", same), (0.75 + 0.25 + 0.5) / 3);
  EXPECT_DOUBLE_EQ(of_one("induction_mul", one_map(by_hand, true, {1, 2, 3, 4})), 0);
}

TEST(HeadMeasures, EntropyIsOneOfAnEvenRowWhateverItsLengthAndZeroOfASharpOne) {
  const Rows even = {{1, 0, 0}, {0.5, 0.5, 0}, {1.0 / 3, 1.0 / 3, 1.0 / 3}};
  const Rows sharp = {{1, 0, 0}, {0, 1, 0}, {1, 0, 0}};
  EXPECT_NEAR(of_one("entropy", one_map(even)), 1, 1e-12);
  EXPECT_NEAR(of_one("entropy", one_map(sharp)), 0, 1e-12);
  const double last = 2 * 0.125 * std::log(8) + 0.5 * std::log(2) + 0.25 * std::log(4);
  const double third = 2 * 0.25 * std::log(4) + 0.5 * std::log(2);
  EXPECT_NEAR(of_one("entropy", one_map(by_hand)),
              (1 + third / std::log(3) + last / std::log(4)) / 3, 1e-12);
}

TEST(HeadMeasures, PeakedCountsRowsWithMoreThanHalfOnOneKey) {
  const Rows rows = {{1, 0, 0, 0}, {0.5, 0.5, 0, 0}, {0.75, 0.25, 0, 0}, {0, 0.5, 0.25, 0.25}};
  EXPECT_DOUBLE_EQ(of_one("peaked", one_map(rows)), 1.0 / 3);
}

TEST(HeadMeasures, OfASingleTokenAreNoNumbers) {
  const auto maps = one_map({{1}}, true, {3});
  for (const auto& measure : head_measures())
    if (measure.name != "distance" && measure.name.find("_mul") == std::string::npos) {
      EXPECT_TRUE(std::isnan(of_one(measure.name, maps))) << measure.name;
    }
}

// Each measure once more, by loops over one sentence without its padding.
struct Sentence {
  at::Tensor weights;  // [T, T]
  std::vector<int64_t> tokens;
  bool is_causal;
  int64_t length() const { return static_cast<int64_t>(tokens.size()); }
  double at(int64_t q, int64_t k) const { return weights[q][k].item<double>(); }
  int64_t keys(int64_t q) const { return is_causal ? q + 1 : length(); }
  bool same(int64_t a, int64_t b) const {
    return tokens[static_cast<size_t>(a)] == tokens[static_cast<size_t>(b)];
  }
};

using Pair = std::function<bool(const Sentence&, int64_t q, int64_t k)>;

const Pair is_previous = [](const Sentence&, int64_t q, int64_t k) { return k == q - 1; };
const Pair is_next = [](const Sentence& s, int64_t q, int64_t k) {
  return k == q + 1 && k < s.keys(q);
};
const Pair is_duplicate = [](const Sentence& s, int64_t q, int64_t k) {
  return k < q && s.same(k, q);
};
const Pair is_induction_or_self = [](const Sentence& s, int64_t q, int64_t k) {
  return k >= 1 && k <= q && s.same(k - 1, q);
};
const Pair is_induction = [](const Sentence& s, int64_t q, int64_t k) {
  return k < q && is_induction_or_self(s, q, k);
};
const Pair is_first = [](const Sentence&, int64_t q, int64_t k) { return q > 0 && k == 0; };
const Pair is_current = [](const Sentence& s, int64_t q, int64_t k) {
  return k == q && s.keys(q) > 1;
};

double mass(const Sentence& s, const Pair& pair) {
  double sum = 0;
  int rows = 0;
  for (int64_t q = 0; q < s.length(); ++q) {
    bool any = false;
    for (int64_t k = 0; k < s.length(); ++k)
      if (pair(s, q, k)) {
        any = true;
        sum += s.at(q, k);
      }
    rows += any;
  }
  return sum / rows;
}

double share(const Sentence& s, const Pair& pair) {
  double on = 0, all = 0;
  for (int64_t q = 0; q < s.length(); ++q)
    for (int64_t k = 0; k < s.length(); ++k) {
      all += s.at(q, k);
      if (pair(s, q, k)) on += s.at(q, k);
    }
  return on / all;
}

double entropy(const Sentence& s) {
  double sum = 0;
  int rows = 0;
  for (int64_t q = 0; q < s.length(); ++q) {
    if (s.keys(q) < 2) continue;
    ++rows;
    for (int64_t k = 0; k < s.keys(q); ++k)
      sum -= s.at(q, k) * std::log(s.at(q, k)) / std::log(static_cast<double>(s.keys(q)));
  }
  return sum / rows;
}

double distance(const Sentence& s) {
  double sum = 0;
  for (int64_t q = 0; q < s.length(); ++q)
    for (int64_t k = 0; k < s.length(); ++k)
      sum += s.at(q, k) * static_cast<double>(std::abs(q - k));
  return sum / static_cast<double>(s.length());
}

double peaked(const Sentence& s) {
  int rows = 0, sharp = 0;
  for (int64_t q = 0; q < s.length(); ++q) {
    if (s.keys(q) < 2) continue;
    ++rows;
    for (int64_t k = 0; k < s.length(); ++k) sharp += s.at(q, k) > 0.5;
  }
  return static_cast<double>(sharp) / rows;
}

double by_loops(const std::string& name, const Sentence& s) {
  if (name == "previous") return mass(s, is_previous);
  if (name == "next") return mass(s, is_next);
  if (name == "current") return mass(s, is_current);
  if (name == "first") return mass(s, is_first);
  if (name == "duplicate") return mass(s, is_duplicate);
  if (name == "induction") return mass(s, is_induction);
  if (name == "previous_mul") return share(s, is_previous);
  if (name == "duplicate_mul") return share(s, is_duplicate);
  if (name == "induction_mul") return share(s, is_induction_or_self);
  if (name == "entropy") return entropy(s);
  if (name == "distance") return distance(s);
  if (name == "peaked") return peaked(s);
  throw std::logic_error("no loop for " + name);
}

void expect_as_by_loops(const HeadMaps& maps, bool is_causal, double tolerance) {
  for (const auto& measure : head_measures()) {
    const auto values = measure.of(maps);
    ASSERT_EQ(values.sizes(), (std::vector<int64_t>{3, 2}));
    ASSERT_EQ(values.scalar_type(), at::kDouble);
    for (int64_t b = 0; b < 3; ++b)
      for (int64_t h = 0; h < 2; ++h) {
        Sentence sentence{
            .weights = maps.weights[b][h].to(at::kDouble), .tokens = {}, .is_causal = is_causal};
        for (int64_t t = 0; t < maps.query_lengths[b].item<int64_t>(); ++t)
          sentence.tokens.push_back(maps.tokens[b][t].item<int64_t>());
        const double expected = by_loops(measure.name, sentence);
        const double actual = values[b][h].item<double>();
        if (std::isnan(expected)) {
          EXPECT_TRUE(std::isnan(actual)) << measure.name << " got " << actual;
        } else {
          EXPECT_NEAR(actual, expected, tolerance) << measure.name << " of " << b << ", " << h;
        }
      }
  }
}

TEST(HeadMeasures, OfPaddedBatchesAreThoseOfTheSentencesAlone) {
  expect_as_by_loops(padded_maps(), true, 1e-12);
  expect_as_by_loops(padded_two_way_maps(), false, 1e-12);
}

TEST(HeadMeasures, DoNotDependOnWhetherTheMaskCoversPaddingToo) {
  auto maps = padded_maps();
  const auto real = at::arange(7) < maps.key_lengths.unsqueeze(1);
  maps.allowed = causal(7).logical_and(real.unsqueeze(1).unsqueeze(1)).expand({3, 2, 7, 7});
  expect_as_by_loops(maps, true, 1e-12);
}

TEST(HeadMeasures, TakeSinglePrecision) {
  auto maps = padded_maps();
  maps.weights = maps.weights.to(at::kFloat);
  expect_as_by_loops(maps, true, 1e-6);
}

}  // namespace
}  // namespace heed
