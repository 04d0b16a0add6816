#include "models/recurrent/rnn_attention.h"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <torch/autograd.h>

#include <cmath>

#include "models/attention/attention_mask.h"
#include "tests/models/closeness.h"

namespace heed {
namespace {

constexpr int64_t batch = 3, source_length = 5, width = 4;

using Accessor2 = at::TensorAccessor<double, 2>;

/// The weights' row `row` times the vector's row: sum over d of weight[k][d] vector[row][d].
double product(const Accessor2& weight, int64_t k, const at::TensorAccessor<double, 1>& vector) {
  double sum = 0;
  for (int64_t d = 0; d < vector.size(0); ++d) sum += weight[k][d] * vector[d];
  return sum;
}

/// One score by its definition, a scalar at a time.
double score_of(AttentionScore score_kind, RnnAttentionImpl& attention,
                const at::TensorAccessor<double, 1>& query,
                const at::TensorAccessor<double, 1>& state) {
  double score = 0;
  if (score_kind == AttentionScore::dot) {
    for (int64_t d = 0; d < width; ++d) score += query[d] * state[d];
    return score;
  }
  const auto parameters = attention.named_parameters();
  const auto w = parameters["query_projection.weight"], u = parameters["key_projection.weight"];
  const auto v = parameters["score_weight"].accessor<double, 1>();
  for (int64_t k = 0; k < width; ++k)
    score += v[k] * std::tanh(product(w.accessor<double, 2>(), k, query) +
                              product(u.accessor<double, 2>(), k, state));
  return score;
}

struct Loops {
  at::Tensor context = at::zeros({batch, width}, at::kDouble);
  at::Tensor weights = at::zeros({batch, source_length}, at::kDouble);
};

Loops attention_by_loops(AttentionScore score_kind, RnnAttentionImpl& attention,
                         const at::Tensor& query, const at::Tensor& memory,
                         const std::vector<int64_t>& lengths) {
  Loops result;
  const auto queries = query.accessor<double, 2>();
  const auto states = memory.accessor<double, 3>();
  auto context = result.context.accessor<double, 2>(),
       weights = result.weights.accessor<double, 2>();
  for (int64_t b = 0; b < batch; ++b) {
    double total = 0;
    const int64_t length = lengths[static_cast<size_t>(b)];
    for (int64_t s = 0; s < length; ++s) {
      weights[b][s] = std::exp(score_of(score_kind, attention, queries[b], states[b][s]));
      total += weights[b][s];
    }
    for (int64_t s = 0; s < length; ++s) {
      weights[b][s] /= total;
      for (int64_t d = 0; d < width; ++d) context[b][d] += weights[b][s] * states[b][s][d];
    }
  }
  return result;
}

class RnnAttentionBy : public ::testing::TestWithParam<AttentionScore> {
 protected:
  void SetUp() override {
    at::manual_seed(1);
    at::set_num_threads(1);
    attention = RnnAttention(GetParam(), width);
    attention->to(at::kDouble);
  }
  AttentionResult attend(const at::Tensor& query, const at::Tensor& memory,
                         const at::Tensor& lengths = {}) {
    return attention->forward(query, attention->prepare(memory, lengths));
  }

  RnnAttention attention{nullptr};
};
INSTANTIATE_TEST_SUITE_P(EachScore, RnnAttentionBy,
                         ::testing::Values(AttentionScore::additive, AttentionScore::dot),
                         [](const auto& score) {
                           return score.param == AttentionScore::dot ? "dot" : "additive";
                         });

TEST_P(RnnAttentionBy, EqualsItsDefinitionWrittenAsLoops) {
  const auto query = at::randn({batch, width}, at::kDouble);
  const auto memory = at::randn({batch, source_length, width}, at::kDouble);
  for (const std::vector<int64_t>& lengths :
       std::vector<std::vector<int64_t>>{{5, 5, 5}, {3, 5, 1}, {0, 2, 5}}) {
    const auto expected = attention_by_loops(GetParam(), *attention, query, memory, lengths);
    const auto result = attend(query, memory, at::tensor(lengths, at::kLong));
    EXPECT_TRUE(close(result.output, expected.context, 1e-12));
    EXPECT_TRUE(close(result.weights, expected.weights, 1e-12));
  }
  const auto everything = attention_by_loops(GetParam(), *attention, query, memory, {5, 5, 5});
  EXPECT_TRUE(close(attend(query, memory).output, everything.context, 1e-12));
}

TEST_P(RnnAttentionBy, ItsGradientsEqualFiniteDifferences) {
  const auto query = random_input({batch, width});
  const auto memory = random_input({batch, source_length, width});
  const auto lengths = at::tensor({3, 5, 0}, at::kLong);
  const auto value = [&] { return weighed_sum(attend(query, memory, lengths).output); };
  std::vector<at::Tensor> leaves = {query, memory};
  for (const auto& parameter : attention->parameters()) leaves.push_back(parameter);
  const auto gradients = torch::autograd::grad({value()}, leaves);
  const at::NoGradGuard no_grad;
  constexpr double step = 1e-6;
  for (size_t leaf = 0; leaf < leaves.size(); ++leaf) {
    const auto flat = leaves[leaf].view(-1);
    const auto slopes = at::zeros_like(flat);
    for (int64_t index = 0; index < flat.numel(); ++index) {
      const double kept = flat[index].item<double>();
      flat[index].fill_(kept + step);
      const double above = value().item<double>();
      flat[index].fill_(kept - step);
      slopes[index].fill_((above - value().item<double>()) / (2 * step));
      flat[index].fill_(kept);
    }
    EXPECT_GT(slopes.abs().max().item<double>(), 1e-3) << "leaf " << leaf;
    EXPECT_TRUE(close(gradients[leaf].reshape(-1), slopes, gradient_tolerance)) << "leaf " << leaf;
  }
}

TEST_P(RnnAttentionBy, WeightsSumToOneAndAreZeroAfterTheSourcesEnd) {
  const auto lengths = at::tensor({2, 5, 3}, at::kLong);
  const auto weights = attend(at::randn({batch, width}, at::kDouble),
                              at::randn({batch, source_length, width}, at::kDouble), lengths)
                           .weights;
  EXPECT_TRUE(close(weights.sum(1), at::ones({batch}, at::kDouble), 1e-12));
  const auto present = padding_mask(lengths, source_length).flatten(1);
  EXPECT_TRUE(weights.gt(0).equal(present));
}

TEST_P(RnnAttentionBy, AnEmptySourceGivesZerosAndGradientsWithoutNaN) {
  const auto query = random_input({batch, width});
  const auto memory = random_input({batch, source_length, width});
  const auto result = attend(query, memory, at::tensor({0, 5, 0}, at::kLong));
  for (const int64_t row : {0, 2}) {
    EXPECT_TRUE(result.output[row].eq(0).all().item<bool>());
    EXPECT_TRUE(result.weights[row].eq(0).all().item<bool>());
  }
  const auto gradients = torch::autograd::grad({weighed_sum(result.output)}, {query, memory});
  for (const auto& gradient : gradients) {
    EXPECT_TRUE(gradient.isfinite().all().item<bool>());
    EXPECT_TRUE(gradient[0].eq(0).all().item<bool>());
  }
}

TEST_P(RnnAttentionBy, RowsOfASourceCanBeReorderedAndRepeated) {
  const auto query = at::randn({batch, width}, at::kDouble);
  const auto memory = at::randn({batch, source_length, width}, at::kDouble);
  const auto rows = at::tensor({2, 0, 2, 1}, at::kLong);
  for (const auto& lengths : {at::Tensor(), at::tensor({3, 0, 5}, at::kLong)}) {
    const auto source = attention->prepare(memory, lengths);
    const auto all = attention->forward(query, source);
    const auto some = attention->forward(query.index_select(0, rows), source.rows(rows));
    EXPECT_TRUE(close(some.output, all.output.index_select(0, rows), 1e-14));
    EXPECT_TRUE(close(some.weights, all.weights.index_select(0, rows), 1e-14));
  }
}

TEST(RnnAttention, DotIsScaledDotProductAttentionWithoutTheScale) {
  at::manual_seed(2);
  RnnAttention attention(AttentionScore::dot, width);
  const auto query = at::randn({batch, width}, at::kDouble);
  const auto memory = at::randn({batch, source_length, width}, at::kDouble);
  const auto lengths = at::tensor({3, 0, 5}, at::kLong);
  const auto ours = attention->forward(query, attention->prepare(memory, lengths));
  const auto scaled =
      scaled_dot_product_attention(query.unsqueeze(1) * std::sqrt(static_cast<double>(width)),
                                   memory, memory, padding_mask(lengths, source_length).squeeze(1));
  EXPECT_TRUE(close(ours.output, scaled.output.squeeze(1), 1e-12));
  EXPECT_TRUE(close(ours.weights, scaled.weights.squeeze(1), 1e-12));
}

TEST(RnnAttention, OnlyTheAdditiveScoreHasWeightsTwoMatricesAndAVector) {
  int64_t additive = 0;
  for (const auto& parameter : RnnAttention(AttentionScore::additive, 7)->parameters())
    additive += parameter.numel();
  EXPECT_EQ(additive, 2 * 7 * 7 + 7);
  EXPECT_TRUE(RnnAttention(AttentionScore::dot, 7)->parameters().empty());
}

}  // namespace
}  // namespace heed
