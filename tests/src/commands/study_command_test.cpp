// heed study: each number against one that is computed in another way or by hand.

#include <gmock/gmock.h>
#include <torch/nn/modules/activation.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "src/commands/command.h"
#include "src/figures/gnuplot.h"
#include "src/studies/study.h"
#include "tests/src/commands/program.h"

namespace heed {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using Rows = std::vector<std::vector<double>>;

/// All studies, run once: their numbers by name, and the page.
struct AllStudies {
  AllStudies() {
    const auto result =
        heed({"study", "all", "--quick", "--json", "--out", folder.path().string()});
    EXPECT_EQ(result.status, status_done) << result.err;
    numbers = json::parse(result.out);
  }

  TemporaryFolder folder;
  json numbers;
};

const AllStudies& all_studies() {
  static const AllStudies all;
  return all;
}

const json& study(const std::string& name) { return all_studies().numbers.at(name); }

void expect_rows(const json& actual, const Rows& expected, double tolerance) {
  const auto rows = actual.get<Rows>();
  ASSERT_EQ(rows.size(), expected.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    ASSERT_EQ(rows[i].size(), expected[i].size());
    for (size_t j = 0; j < rows[i].size(); ++j)
      EXPECT_NEAR(rows[i][j], expected[i][j], tolerance) << i << ", " << j;
  }
}

// Loops over numbers that compute the same as the project's modules in the studies.
Rows product(const Rows& a, const Rows& b) {
  Rows c(a.size(), std::vector<double>(b[0].size()));
  for (size_t i = 0; i < a.size(); ++i)
    for (size_t j = 0; j < b[0].size(); ++j)
      for (size_t k = 0; k < b.size(); ++k) c[i][j] += a[i][k] * b[k][j];
  return c;
}

Rows turned(const Rows& a) {
  Rows t(a[0].size(), std::vector<double>(a.size()));
  for (size_t i = 0; i < a.size(); ++i)
    for (size_t j = 0; j < a[0].size(); ++j) t[j][i] = a[i][j];
  return t;
}

Rows scores_of(const Rows& query, const Rows& key) {
  auto scores = product(query, turned(key));
  for (auto& row : scores)
    for (auto& score : row) score /= std::sqrt(static_cast<double>(key[0].size()));
  return scores;
}

// Keys where `mask` is 0 get no weight; an empty mask hides nothing.
Rows softmax(const Rows& scores, const Rows& mask = {}) {
  auto weights = scores;
  for (size_t i = 0; i < scores.size(); ++i) {
    double sum = 0;
    for (size_t j = 0; j < scores[i].size(); ++j) {
      weights[i][j] = mask.empty() || mask[i][j] != 0 ? std::exp(scores[i][j]) : 0;
      sum += weights[i][j];
    }
    for (auto& weight : weights[i]) weight /= sum;
  }
  return weights;
}

TEST(StudyCommand, WithoutANameListsThemInTheOrderOfTheCourse) {
  const auto listed = heed({"study"});
  EXPECT_EQ(listed.status, status_done);
  for (const auto& name : study_names()) EXPECT_THAT(listed.out, HasSubstr(name));
  EXPECT_LT(listed.out.find("self-attention"), listed.out.find("multi-head"));
  std::istringstream lines(listed.out);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(display_width(line), 80) << line;
}

TEST(StudyCommand, AnUnknownNameIsAnErrorThatListsTheKnownOnes) {
  const auto refused = heed({"study", "self-attentoin"});
  EXPECT_EQ(refused.status, status_usage);
  EXPECT_THAT(refused.err, HasSubstr("self-attention"));
}

TEST(Study, SelfAttention) {
  const Rows x = {{1, 0}, {0, 1}, {1, 1}};
  const auto query = product(x, {{.1, .3}, {.5, .7}}), key = product(x, {{.2, .4}, {.6, .8}}),
             value = product(x, {{.1, .5}, {.3, .7}});
  const auto weights = softmax(scores_of(query, key));
  const auto& numbers = study("self-attention");
  expect_rows(numbers["query"], query, 1e-12);
  expect_rows(numbers["weights"], weights, 1e-12);
  expect_rows(numbers["output"], product(weights, value), 1e-12);
}

TEST(Study, ScaledDotProduct) {
  const Rows query = {{1, 0, 1, 0}, {0, 1, 0, 1}}, value = {{1, 0}, {0, 1}, {.5, .5}},
             key = {{1, 0, 1, 0}, {0, 1, 0, 1}, {1, 1, 0, 0}};
  const auto weights = softmax(scores_of(query, key)),
             causal = softmax(scores_of(query, key), {{1, 0, 0}, {1, 1, 0}});
  const auto& numbers = study("scaled-dot-product");
  expect_rows(numbers["weights"], weights, 1e-12);
  expect_rows(numbers["output"], product(weights, value), 1e-12);
  expect_rows(numbers["causal_weights"], causal, 1e-12);
  expect_rows(numbers["causal_output"], product(causal, value), 1e-12);
  EXPECT_LT(numbers["batch_difference"], 1e-12);
  EXPECT_LT(numbers["row_sum_error"], 1e-12);
  EXPECT_EQ(numbers["plain_softmax_is_finite"], false);
  expect_rows(numbers["stable_softmax"], softmax({{2, 1, 0}}), 1e-6);
}

TEST(Study, ScalingMeasuresWhatGrows) {
  const auto& numbers = study("scaling");
  EXPECT_EQ(numbers["sqrt_64"], 8);
  ASSERT_EQ(numbers["widths"].size(), 9u);
  for (const auto& row : numbers["widths"]) {
    const double width = row["d_k"];
    EXPECT_NEAR(row["variance"].get<double>() / width, 1, 0.35) << width;
    EXPECT_NEAR(row["scaled_variance"], row["variance"].get<double>() / width, 1e-9);
  }
  EXPECT_LT(numbers["widths"].back()["entropy"], 0.3);
  EXPECT_GT(numbers["widths"].back()["scaled_entropy"], 2);
  EXPECT_LT(numbers["widths"].back()["gradient"], numbers["widths"].back()["scaled_gradient"]);
}

TEST(Study, MultiHead) {
  const auto& numbers = study("multi-head");
  EXPECT_LT(numbers["max_difference_to_libtorch"], 1e-12);
  EXPECT_LT(numbers["max_difference_to_loop"], 1e-12);
  EXPECT_EQ(numbers["output"].size(), 5u);
  EXPECT_EQ(numbers["output"][0].size(), 8u);
  const Rows x = {{1, 0}, {0, 1}, {1, 1}};
  const auto first = softmax(scores_of(x, x)),
             second = softmax(scores_of(product(x, {{0, 1}, {1, 0}}), x));
  expect_rows(numbers["three_tokens"]["weights"][0], first, 1e-12);
  expect_rows(numbers["three_tokens"]["weights"][1], second, 1e-12);
  const auto left = product(first, product(x, {{1, 2}, {0, 1}})),
             right = product(second, product(x, {{0, 1}, {2, 1}}));
  Rows output = left;
  for (size_t i = 0; i < 3; ++i)
    for (size_t j = 0; j < 2; ++j) output[i][j] = (left[i][j] + right[i][j]) / 2;
  expect_rows(numbers["three_tokens"]["output"], output, 1e-12);
  EXPECT_EQ(numbers["counts"]["heads_8"]["parameters"], 4 * 512 * 512);
  EXPECT_EQ(numbers["counts"]["heads_1"], numbers["counts"]["heads_8"]);
  EXPECT_EQ(numbers["counts"]["no_projections"]["multiply_adds"], 2 * 64 * 64 * 512);
  EXPECT_EQ(numbers["near_and_far"]["one_head"][0], numbers["near_and_far"]["one_head"][1]);
  EXPECT_NE(numbers["near_and_far"]["two_heads"][0], numbers["near_and_far"]["two_heads"][1]);
}

TEST(Study, SparseAttentionShowsWhatLeaks) {
  const Rows x = {{1, 0}, {0, 1}, {1, 1}}, value = {{.5, 1}, {.2, .8}, {.9, .3}},
             mask = {{1, 1, 0}, {1, 1, 1}, {0, 1, 1}};
  const auto scores = scores_of(x, x);
  const auto blocked = softmax(scores, mask);
  auto zeroed = scores;
  for (size_t i = 0; i < 3; ++i)
    for (size_t j = 0; j < 3; ++j) zeroed[i][j] *= mask[i][j];
  const auto multiplied = softmax(zeroed);
  const auto& numbers = study("sparse-attention");
  expect_rows(numbers["weights"], blocked, 1e-12);
  expect_rows(numbers["output"], product(blocked, value), 1e-12);
  expect_rows(numbers["multiplied_weights"], multiplied, 1e-12);
  expect_rows(numbers["multiplied_output"], product(multiplied, value), 1e-12);
  EXPECT_NEAR(numbers["leaked_weight"], multiplied[0][2] + multiplied[2][0], 1e-12);
  EXPECT_GT(numbers["leaked_weight"], 0.3);
  // 32 tokens: each sees itself and 4 to each side, except beyond the ends.
  EXPECT_DOUBLE_EQ(numbers["kept_share"]["local"], (32 * 9 - 2 * (1 + 2 + 3 + 4)) / 1024.0);
  for (const std::string name : {"strided", "global"})
    EXPECT_GT(numbers["kept_share"][name], numbers["kept_share"]["local"]) << name;
}

TEST(Study, EncoderBlockEndsOnALayerNorm) {
  const auto& numbers = study("encoder-block");
  const auto output = numbers["output"].get<Rows>();
  ASSERT_EQ(output.size(), 5u);
  for (const auto& row : output) {
    ASSERT_EQ(row.size(), 8u);
    double sum = 0, squares = 0;
    for (const double number : row) sum += number, squares += number * number;
    EXPECT_NEAR(sum, 0, 1e-9);
    EXPECT_NEAR(squares / 8, 1, 1e-3);
  }
  for (size_t i = 0; i < 5; ++i) EXPECT_NEAR(numbers["similarities_before"][i][i], 1, 1e-12);
  for (size_t i = 0; i < 5; ++i)
    for (size_t j = 0; j < 5; ++j) {
      double dot = 0, first = 0, second = 0;
      for (size_t k = 0; k < 8; ++k) {
        dot += output[i][k] * output[j][k];
        first += output[i][k] * output[i][k];
        second += output[j][k] * output[j][k];
      }
      EXPECT_NEAR(numbers["similarities_after"][i][j], dot / std::sqrt(first * second), 1e-12);
    }
  EXPECT_GT(numbers["change_of_other_tokens"], 0.01);
}

TEST(Study, BackwardAgrees) {
  const auto& numbers = study("backward");
  EXPECT_LT(numbers["max_difference_to_autograd"], 1e-12);
  EXPECT_LT(numbers["max_difference_to_finite_differences"], 1e-8);
  EXPECT_EQ(numbers["dV"].size(), 5u);
}

TEST(Study, RelativePositionsEqualTheDoubleLoop) {
  const auto& numbers = study("relative-position");
  EXPECT_LT(numbers["max_difference_to_loops"], 1e-12);
  const auto bias = numbers["position_bias"].get<Rows>();
  for (size_t i = 1; i < bias.size(); ++i)
    for (size_t j = 1; j < bias.size(); ++j) EXPECT_NEAR(bias[i][j], bias[i - 1][j - 1], 1e-12);
}

TEST(Study, PositionalEncodingIsTheFormula) {
  const auto& numbers = study("positional-encoding");
  for (const int position : {0, 10, 50}) {
    const auto row = numbers["pe_" + std::to_string(position)].get<std::vector<double>>();
    ASSERT_EQ(row.size(), 16u);
    for (size_t i = 0; i < 8; ++i) {
      const double angle = position / std::pow(10000.0, 2.0 * static_cast<double>(i) / 16);
      EXPECT_NEAR(row[2 * i], std::sin(angle), 1e-6);
      EXPECT_NEAR(row[2 * i + 1], std::cos(angle), 1e-6);
    }
  }
  EXPECT_LT(numbers["max_difference_shuffled"], 1e-12);
  EXPECT_GT(numbers["max_difference_shuffled_with_positions"], 1e-3);
  const auto learned = numbers["length_losses"]["learned"];
  EXPECT_TRUE(learned.front().is_number());
  EXPECT_TRUE(learned.back().is_null());
  EXPECT_TRUE(numbers["length_losses"]["sinusoidal"].back().is_number());
}

TEST(Study, CausalMaskLetsNothingThrough) {
  const auto& numbers = study("causal-mask");
  expect_rows(numbers["mask"], {{1, 0, 0}, {1, 1, 0}, {1, 1, 1}}, 0);
  EXPECT_LT(numbers["max_leak"], 1e-6);
  EXPECT_GT(numbers["max_leak_without_mask"], 1e-3);
  EXPECT_LT(numbers["loss_without_mask"], numbers["loss_with_mask"]);
}

TEST(Study, RnnLongRangeMeasuresRandomLabels) {
  const auto& numbers = study("rnn-long-range");
  EXPECT_EQ(numbers["epoch_losses"].size(), 10u);
  EXPECT_LT(numbers["epoch_losses"].back(), numbers["epoch_losses"].front());
  EXPECT_NEAR(numbers["accuracy_on_other_rows"], 0.5, 0.06);
  for (const std::string model : {"tanh", "gru", "lstm", "attention"}) {
    const auto& one = numbers["models"][model];
    EXPECT_EQ(one["accuracy"].size(), numbers["lengths"].size()) << model;
    for (const double norm : one["gradient"]) EXPECT_GT(norm, 0) << model;
  }
  EXPECT_LT(numbers["models"]["tanh"]["gradient"].back(),
            numbers["models"]["tanh"]["gradient"].front());
}

TEST(Study, CrossAttentionNamesItsShapesAndItsErrorRate) {
  const auto& numbers = study("cross-attention");
  EXPECT_EQ(numbers["self_weights_shape"], json({1, 2, 3, 3}));
  EXPECT_EQ(numbers["cross_weights_shape"], json({1, 2, 3, 5}));
  EXPECT_GE(numbers["alignment_error_rate"], 0);
  EXPECT_LE(numbers["alignment_error_rate"], 1);
}

TEST(Study, VisualizerComparesEachHeadWithTheUntrainedOne) {
  const auto& numbers = study("visualizer");
  ASSERT_EQ(numbers["heads"].size(), 8u);
  for (const auto& head : numbers["heads"]) {
    EXPECT_FALSE(head["word"].get<std::string>().empty());
    EXPECT_GE(head["previous"], 0);
    EXPECT_LE(head["previous_untrained"], 1);
  }
  EXPECT_EQ(numbers["layers"].size(), 2u);
}

TEST(Study, BottleneckCountsTheMemoryAndItsReach) {
  const auto& numbers = study("bottleneck");
  const auto& models = numbers["models"];
  // Of width 64: the state and the fixed vector; a state, and a key and a value for each of 60
  // letters; the encoder's output, and the keys and values of self- and cross-attention.
  EXPECT_EQ(models["fixed"]["memory"], 64 + 64);
  EXPECT_EQ(models["attention"]["memory"], 64 + 60 * 2 * 64);
  EXPECT_EQ(models["transformer"]["memory"], 60 * (1 + 2 * 2) * 64);
  for (const auto& [name, one] : models.items()) {
    ASSERT_EQ(one["exact_match"].size(), numbers["lengths"].size()) << name;
    EXPECT_EQ(one["right_by_place"].size(), 60u) << name;
    int64_t reach = 0;
    for (size_t i = 0; i < numbers["lengths"].size() && one["exact_match"][i] >= 0.5; ++i)
      reach = numbers["lengths"][i];
    EXPECT_EQ(one["reach"], reach) << name;
  }
}

TEST(Study, CoreferenceMeasuresEachHeadFromThePronoun) {
  const auto& numbers = study("coreference");
  ASSERT_EQ(numbers["heads"].size(), 8u);
  for (const auto& head : numbers["heads"]) {
    EXPECT_GE(head["to_noun_meant"], 0);
    EXPECT_LE(head["to_noun_meant"].get<double>() + head["to_other_noun"].get<double>(), 1);
    EXPECT_LE(head["right_without"], 1);
  }
  for (const std::string adjective : {"tired", "dusty"}) {
    const auto& reading = numbers["readings"][adjective];
    EXPECT_LE(reading["it"].get<double>() + reading["they"].get<double>(), 1) << adjective;
  }
  // The pronoun means the animal as often as the thing. The animal is at least 6 words before the
  // pronoun, the thing 2, or 4 with a relative clause, which one in four has.
  EXPECT_NEAR(numbers["noun_far"], 0.5 + 0.5 * 0.25, 0.15);
  EXPECT_NEAR(numbers["noun_is_nearest"], 0.5, 0.15);
}

TEST(Study, AllMakeOneOfflinePage) {
  if (!Gnuplot::available()) GTEST_SKIP() << "figures not checked: " << missing_gnuplot_hint();
  const auto& folder = all_studies().folder;
  const auto page = read_file(folder / "index.html");
  for (const auto& name : study_names())
    EXPECT_THAT(page, HasSubstr("<section id=\"" + name + "\">"));
  EXPECT_THAT(page, HasSubstr("<svg"));
  for (const std::string outside : {"src=", "href=\"http", "url(http", "@import"})
    EXPECT_THAT(page, ::testing::Not(HasSubstr(outside)));
  EXPECT_TRUE(std::filesystem::exists(folder / "self-attention" / "weights.png"));
  EXPECT_TRUE(std::filesystem::exists(folder / "bottleneck" / "bottleneck.svg"));
}

TEST(Study, PrintsLinesOf80Columns) {
  const TemporaryFolder folder;
  for (const std::string name : {"self-attention", "scaled-dot-product", "scaling", "multi-head",
                                 "sparse-attention", "encoder-block", "backward"}) {
    const auto result = heed({"study", name, "--quick", "--out", folder.path().string()});
    ASSERT_EQ(result.status, status_done) << result.err;
    std::istringstream lines(result.out);
    for (std::string line; std::getline(lines, line);) {
      const bool is_path = line.find(folder.path().string()) != std::string::npos;
      EXPECT_TRUE(is_path || display_width(line) <= 80) << name << ": " << line;
    }
  }
}

}  // namespace
}  // namespace heed
