#include "train/generation/beam_search.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "tests/train/table_model.h"
#include "train/generation/generation.h"

namespace heed {
namespace {

using Tokens = std::vector<int64_t>;

constexpr int64_t end_token = 2;  // of a vocabulary of 3

// Every hypothesis that continues `before` (source token first), the highest score first.
void enumerate(const at::Tensor& log_probabilities, const BeamSearchOptions& options,
               const Tokens& before, double sum, std::vector<Hypothesis>& found) {
  const auto row = log_probabilities[before[before.size() - 2]][before.back()];
  const auto length = static_cast<int64_t>(before.size()) - 1;
  for (int64_t token = 0; token < row.size(0); ++token) {
    auto tokens = before;
    if (token != end_token) tokens.push_back(token);
    const double all = sum + row[token].item<double>();
    if (token != end_token && length < options.tokens) {
      enumerate(log_probabilities, options, tokens, all, found);
      continue;
    }
    found.push_back({.tokens = {tokens.begin() + 2, tokens.end()},
                     .log_probability = all,
                     .score = all / length_penalty(length, options.length_penalty),
                     .ended = token == end_token});
  }
}

std::vector<Hypothesis> enumerated(const TableModel& model, const BeamSearchOptions& options) {
  std::vector<Hypothesis> found;
  enumerate(at::log_softmax(model.logits().to(at::kDouble), 2), options, {0, 1}, 0, found);
  std::sort(found.begin(), found.end(),
            [](const Hypothesis& a, const Hypothesis& b) { return a.score > b.score; });
  return found;
}

TEST(BeamSearch, AWideBeamFindsEveryHypothesisInOrder) {
  for (const double alpha : {0.0, 0.6}) {
    for (int64_t seed = 0; seed < 5; ++seed) {
      const auto model = TableModel::random(3, seed);
      const BeamSearchOptions options{
          .width = 100, .tokens = 4, .length_penalty = alpha, .end_token = end_token};
      const auto expected = enumerated(*model, options);
      const auto found = beam_search(*model, {.tokens = {1}}, options);
      ASSERT_EQ(found.size(), 31u);  // 1 + 2 + 4 + 8 that end, 16 that are cut off
      std::map<Tokens, Hypothesis> by_tokens;
      for (const auto& hypothesis : expected) by_tokens[hypothesis.tokens] = hypothesis;
      std::set<Tokens> seen;
      for (size_t i = 0; i < found.size(); ++i) {
        const auto& same = by_tokens.at(found[i].tokens);
        EXPECT_EQ(found[i].ended, same.ended);
        EXPECT_NEAR(found[i].log_probability, same.log_probability, 1e-9);
        EXPECT_NEAR(found[i].score, same.score, 1e-9);
        EXPECT_NEAR(found[i].score, expected[i].score, 1e-9) << "hypothesis " << i;
        EXPECT_TRUE(seen.insert(found[i].tokens).second) << "found twice";
      }
    }
  }
}

TEST(BeamSearch, ANarrowBeamReturnsItsWidthAndNothingBetterThanTheBest) {
  int best = 0;
  for (int64_t seed = 0; seed < 20; ++seed) {
    const auto model = TableModel::random(3, seed);
    const BeamSearchOptions options{.width = 3, .tokens = 5, .end_token = end_token};
    const auto expected = enumerated(*model, options);
    const auto found = beam_search(*model, {.tokens = {1}}, options);
    ASSERT_EQ(found.size(), 3u);
    EXPECT_GE(found[0].score, found[1].score);
    EXPECT_GE(found[1].score, found[2].score);
    EXPECT_LE(found[0].score, expected[0].score + 1e-9);
    best += found[0].tokens == expected[0].tokens;
  }
  EXPECT_GE(best, 15);
}

Tokens greedy(SequenceModel& model, int64_t tokens, int64_t end) {
  Tokens result;
  generate(model, {.tokens = {1}}, {.tokens = tokens, .temperature = 0, .end_token = end},
           [&result](int64_t, int64_t token) {
             result.push_back(token);
             return true;
           });
  return result;
}

TEST(BeamSearch, AWidthOfOneIsGreedy) {
  size_t lengths = 0;
  for (int64_t seed = 0; seed < 20; ++seed) {
    const auto model = TableModel::random(6, seed);
    const auto found =
        beam_search(*model, {.tokens = {1}}, {.width = 1, .tokens = 8, .end_token = 2});
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].tokens, greedy(*model, 8, 2)) << "seed " << seed;
    EXPECT_EQ(found[0].ended, found[0].tokens.size() < 8);
    lengths += found[0].tokens.size();
  }
  EXPECT_GT(lengths, 20u);
}

class BeamSearchOf : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(EachKind, BeamSearchOf, ::testing::Values("transformer", "gru"),
                         [](const auto& kind) { return std::string(kind.param); });

TEST_P(BeamSearchOf, TheBeamsOfARealModelAreReorderedWithTheirState) {
  const auto model = small_model(GetParam());
  const BeamSearchOptions options{.width = 4, .tokens = 7, .end_token = 0};
  const auto found = beam_search(*model, {.tokens = {1}}, options);
  ASSERT_EQ(found.size(), 4u);
  for (const auto& hypothesis : found) {
    auto tokens = hypothesis.tokens;
    if (hypothesis.ended) tokens.push_back(0);
    tokens.insert(tokens.begin(), 1);
    const auto whole = at::log_softmax(
        model->forward({.values = at::tensor(tokens, at::kLong).unsqueeze(0)})[0], 1);  // [T, V]
    double sum = 0;
    for (size_t i = 1; i < tokens.size(); ++i)
      sum += whole[static_cast<int64_t>(i) - 1][tokens[i]].item<double>();
    EXPECT_NEAR(hypothesis.log_probability, sum, 1e-4);
  }
  const auto one = beam_search(*model, {.tokens = {1}}, {.width = 1, .tokens = 7, .end_token = 0});
  EXPECT_EQ(one.at(0).tokens, greedy(*model, 7, 0));
  EXPECT_GE(found[0].score, one[0].score);
}

// A table of logs of probabilities by the last token alone; the last token of 4 ends.
std::shared_ptr<TableModel> chain(const std::vector<double>& probabilities) {
  const auto table = at::tensor(probabilities).view({4, 4}).log().to(at::kFloat);
  return std::make_shared<TableModel>(table.expand({4, 4, 4}).contiguous());
}

TEST(BeamSearch, FindsWhatGreedyDecodingMisses) {
  // Token 1 is the likelier first step, but what follows it is uncertain.
  const auto model = chain({0, 0.6, 0.4, 0,    // after 0, the prompt
                            0, 0.3, 0.3, 0.4,  // 1: ends with 0.6 x 0.4
                            0, 0, 0.1, 0.9,    // 2: ends with 0.4 x 0.9
                            0, 0, 0, 1});
  const auto find = [&model](int64_t width) {
    return beam_search(*model, {.tokens = {0}}, {.width = width, .tokens = 6, .end_token = 3});
  };
  EXPECT_EQ(find(1)[0].tokens, Tokens{1});
  EXPECT_EQ(find(2)[0].tokens, Tokens{2});
  EXPECT_NEAR(find(2)[0].log_probability, std::log(0.36), 1e-6);
}

TEST(BeamSearch, GoesOnWhileAHypothesisCanStillGetAmongTheBest) {
  // After two steps two hypotheses have ended, with 0.3 and 0.14; the unfinished one has 0.56 and
  // ends with 0.5.
  const auto model = chain({0, 0.7, 0, 0.3,  //
                            0, 0, 0.8, 0.2,  //
                            0, 0.1, 0, 0.9,  //
                            0, 0, 0, 1});
  const auto found = beam_search(*model, {.tokens = {0}}, {.width = 2, .end_token = 3});
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].tokens, (Tokens{1, 2}));
  EXPECT_NEAR(found[0].log_probability, std::log(0.504), 1e-6);
  EXPECT_EQ(found[1].tokens, Tokens{});
}

TEST(BeamSearch, ALengthPenaltyFavoursLongerHypotheses) {
  const auto model = chain({0, 0.48, 0, 0.52,  // ends at once with 0.52
                            0, 0, 1, 0,        //
                            0, 0, 0, 1,        // or after 1 2 with 0.48
                            0, 0, 0, 1});
  const auto best = [&model](double alpha) {
    return beam_search(*model, {.tokens = {0}},
                       {.width = 2, .tokens = 6, .length_penalty = alpha, .end_token = 3})[0];
  };
  EXPECT_EQ(best(0).tokens, Tokens{});
  EXPECT_EQ(best(1).tokens, (Tokens{1, 2}));
  EXPECT_NEAR(best(1).score, std::log(0.48) / (8.0 / 6), 1e-6);  // two tokens and the end
  EXPECT_NEAR(length_penalty(7, 0.6), std::pow(2, 0.6), 1e-12);
}

TEST(BeamSearch, StartsFromASource) {
  const auto model = TableModel::random(4, 3);
  for (const int64_t source : {0, 1, 2}) {
    const Prompt prompt{.tokens = {1}, .source = {.source = at::full({1, 2}, source, at::kLong)}};
    const auto found = beam_search(*model, prompt, {.width = 1, .tokens = 1, .end_token = 3}).at(0);
    const auto likeliest = model->logits()[source][1].argmax().item<int64_t>();
    EXPECT_EQ(found.tokens, likeliest == 3 ? Tokens{} : Tokens{likeliest});
  }
}

TEST(BeamSearch, SaysWhatItCannotDo) {
  const auto model = TableModel::random(3, 1);
  const auto search = [&model](const BeamSearchOptions& options) {
    return beam_search(*model, {.tokens = {1}}, options);
  };
  EXPECT_THROW(search({.width = 0, .end_token = 2}), std::invalid_argument);
  EXPECT_THROW(search({.tokens = 0, .end_token = 2}), std::invalid_argument);
  EXPECT_THROW(search({.length_penalty = -1, .end_token = 2}), std::invalid_argument);
  EXPECT_THROW(search({}), std::invalid_argument);
  EXPECT_THROW(beam_search(*model, {}, {.end_token = 2}), std::invalid_argument);
}

}  // namespace
}  // namespace heed
