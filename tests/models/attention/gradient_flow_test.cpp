#include "models/attention/gradient_flow.h"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <torch/autograd.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "models/recurrent/recurrent_model.h"
#include "tests/models/closeness.h"
#include "tests/models/tiny_model.h"

namespace heed {
namespace {

using Losses = std::function<at::Tensor(const at::Tensor&)>;

at::Tensor integers(const std::vector<int64_t>& numbers) { return at::tensor(numbers, at::kLong); }

/// The answer at one position of each row, as a number.
Losses answer_at(const at::Tensor& positions) {
  return [positions](const at::Tensor& output) {
    std::vector<at::Tensor> rows;
    for (int64_t b = 0; b < output.size(0); ++b)
      rows.push_back(weighed_sum(output[b][positions[b].item<int64_t>()].tanh()));
    return at::stack(rows);
  };
}

struct GradientFlowCase {
  std::shared_ptr<SequenceModel> model;
  SequenceInput input;
  Losses losses;
  at::Tensor end;
};

/// Rows of lengths 6 and 4, measured at positions 5 and 2, or after a source at its end.
GradientFlowCase random_case(const std::string& kind, const TinyOptions& options = {}) {
  auto model = tiny_model(kind, options);
  const auto tokens = at::randint(tiny_vocabulary, {2, 6}, at::kLong);
  const auto lengths = integers({6, 4});
  if (!kind.ends_with("encoder_decoder"))
    return {std::move(model),
            {.values = tokens, .lengths = lengths},
            answer_at(integers({5, 2})),
            integers({5, 2})};
  return {std::move(model),
          {.values = tokens.narrow(1, 0, 3), .source = tokens, .source_lengths = lengths},
          answer_at(integers({2, 1})),
          integers({5, 3})};
}

GradientFlow flow_of(const GradientFlowCase& c) {
  return gradient_flow(*c.model, c.input, c.losses, c.end);
}

/// d loss / d embedded by central differences, [B, T, D].
at::Tensor numerical_gradient(const GradientFlowCase& c) {
  const at::NoGradGuard no_grad;
  constexpr double h = 1e-6;
  const auto embedded = c.model->embed(c.input);
  const auto gradient = at::zeros_like(embedded);
  const auto losses = [&](int64_t t, int64_t k, double by) {
    auto moved = embedded.clone();
    moved.select(1, t).select(1, k) += by;
    return c.losses(c.model->forward_embedded(moved, c.input));
  };
  for (int64_t t = 0; t < embedded.size(1); ++t)
    for (int64_t k = 0; k < embedded.size(2); ++k)
      gradient.select(1, t).select(1, k) = (losses(t, k, h) - losses(t, k, -h)) / (2 * h);
  return gradient;
}

/// The means over the rows, and their scale taken back.
void expect_norms(const std::vector<double>& relative, double scale, const at::Tensor& gradient,
                  const at::Tensor& end, double tolerance) {
  const auto longest = end.max().item<int64_t>();
  ASSERT_EQ(relative.size(), static_cast<size_t>(longest + 1));
  double largest = 0;
  for (int64_t d = 0; d <= longest; ++d) {
    double sum = 0, rows = 0;
    for (int64_t b = 0; b < gradient.size(0); ++b) {
      const auto t = end[b].item<int64_t>() - d;
      if (t < 0) continue;
      sum += std::sqrt(gradient[b][t].square().sum().item<double>());
      ++rows;
    }
    EXPECT_NEAR(relative[static_cast<size_t>(d)] * scale, sum / rows, tolerance)
        << "distance " << d;
    largest = std::max(largest, sum / rows);
  }
  EXPECT_NEAR(scale, largest, tolerance);
}

class GradientFlowOf : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    at::manual_seed(1);
    at::set_num_threads(1);
  }
};

INSTANTIATE_TEST_SUITE_P(EachKind, GradientFlowOf,
                         ::testing::Values("tanh", "gru", "lstm", "transformer", "encoder_decoder",
                                           "tanh_encoder_decoder", "gru_encoder_decoder",
                                           "lstm_encoder_decoder"));

TEST_P(GradientFlowOf, InputsAreThoseOfFiniteDifferences) {
  const auto c = random_case(GetParam());
  const auto flow = flow_of(c);
  EXPECT_EQ(flow.distances, (std::vector<int64_t>{0, 1, 2, 3, 4, 5}));
  EXPECT_GT(flow.input_scale, 1e-3);
  expect_norms(flow.input, flow.input_scale, numerical_gradient(c), c.end, 1e-7);
  EXPECT_EQ(flow.state.size(), c.model->has_hidden_state() ? 6U : 0U);
}

TEST_P(GradientFlowOf, PositionsAfterARowsEndChangeNothing) {
  const auto c = random_case(GetParam());
  auto other = c;
  for (auto* tokens : {&other.input.values, &other.input.source}) {
    if (!tokens->defined() || tokens->size(1) < 6) continue;
    *tokens = at::cat({*tokens, tokens->flip(1)}, 1);
    tokens->select(0, 1).narrow(0, 4, 8).fill_(1);
  }
  const auto flow = flow_of(c), padded = flow_of(other);
  EXPECT_EQ(padded.distances, flow.distances);
  for (size_t d = 0; d < 6; ++d) EXPECT_NEAR(padded.input[d], flow.input[d], 1e-12);
  for (size_t d = 0; d < flow.state.size(); ++d) EXPECT_NEAR(padded.state[d], flow.state[d], 1e-12);
}

TEST_P(GradientFlowOf, LeavesTheModelAsItWas) {
  const auto c = random_case(GetParam(), {{"dropout", 0.5}});
  const auto evaluated = flow_of(c);
  c.model->train();
  {
    const at::NoGradGuard no_grad;
    EXPECT_EQ(flow_of(c).input, evaluated.input);
  }
  EXPECT_THROW(
      gradient_flow(
          *c.model, c.input,
          [](const at::Tensor&) -> at::Tensor { throw std::runtime_error("no loss"); }, c.end),
      std::runtime_error);
  for (const auto& module : c.model->modules()) EXPECT_TRUE(module->is_training());
  for (const auto& parameter : c.model->named_parameters())
    EXPECT_FALSE(parameter.value().grad().defined()) << parameter.key();
}

TEST_P(GradientFlowOf, AConstantLossGivesZeros) {
  auto c = random_case(GetParam());
  c.losses = [](const at::Tensor& output) { return output.sum({1, 2}) * 0; };
  const auto flow = flow_of(c);
  EXPECT_THAT(flow.input, ::testing::Each(0.0));
  EXPECT_THAT(flow.state, ::testing::Each(0.0));
  EXPECT_EQ(flow.input_scale, 0);
}

/// A recurrent model and its stack.
struct Recurrent {
  std::shared_ptr<SequenceModel> model;
  RecurrentStackImpl& stack;
  explicit Recurrent(std::shared_ptr<SequenceModel> of)
      : model(std::move(of)),
        stack(dynamic_cast<RecurrentStackImpl&>(*model->named_children()["stack"])) {}
  at::Tensor answer(const at::Tensor& hidden) const {
    const auto weights = model->named_parameters();
    return at::linear(hidden, weights["output_weight"], weights["output_bias"]);
  }
};

/// d loss / d every number of the state after position t, for a row that ends at its last position:
/// the first part of the row, the state moved by a little, the second part. [N]
at::Tensor state_gradient(const Recurrent& recurrent, const at::Tensor& embedded, int64_t t) {
  constexpr double h = 1e-6;
  const int64_t rest = embedded.size(1) - t - 1;
  const auto states = recurrent.stack.forward(embedded.narrow(1, 0, t + 1)).states;
  std::vector<double> gradient;
  for (size_t layer = 0; layer < states.size(); ++layer)
    for (const auto part : {&RecurrentState::hidden, &RecurrentState::cell}) {
      if (!(states[layer].*part).defined()) continue;
      for (int64_t k = 0; k < (states[layer].*part).size(1); ++k) {
        const auto loss = [&](double by) {
          auto moved = states;
          (moved[layer].*part) = (moved[layer].*part).clone();
          (moved[layer].*part).select(1, k) += by;
          const auto hidden = rest > 0
                                  ? recurrent.stack.forward(embedded.narrow(1, t + 1, rest), moved)
                                        .output.select(1, -1)
                                  : moved.back().hidden;
          return weighed_sum(recurrent.answer(hidden)[0].tanh()).item<double>();
        };
        gradient.push_back((loss(h) - loss(-h)) / (2 * h));
      }
    }
  return at::tensor(gradient, at::kDouble);
}

TEST(GradientFlow, StatesEqualFiniteDifferencesOfASplitRun) {
  at::manual_seed(2);
  const at::NoGradGuard no_grad;
  for (const std::string kind : {"tanh", "gru", "lstm"}) {
    const Recurrent recurrent(tiny_model(kind));
    const SequenceInput input{.values = at::randint(tiny_vocabulary, {1, 6}, at::kLong)};
    const auto end = integers({5});
    const auto flow = gradient_flow(*recurrent.model, input, answer_at(end), end);
    const auto embedded = recurrent.model->embed(input);
    std::vector<at::Tensor> gradients;
    for (int64_t t = 0; t < 6; ++t)
      gradients.push_back(state_gradient(recurrent, embedded, t).unsqueeze(0));
    EXPECT_GT(flow.state_scale, 1e-3) << kind;
    expect_norms(flow.state, flow.state_scale, at::stack(gradients, 1), end, 1e-7);
  }
}

TEST(GradientFlow, OfOneTanhLayerIsTheProductOfItsJacobians) {
  at::manual_seed(3);
  const at::NoGradGuard no_grad;
  const Recurrent recurrent(tiny_model("tanh", {{"layers", int64_t{1}}}));
  const SequenceInput input{.values = at::randint(tiny_vocabulary, {1, 7}, at::kLong)};
  const auto end = integers({6});
  const auto flow = gradient_flow(
      *recurrent.model, input, [](const at::Tensor& output) { return output.select(1, 6).sum(1); },
      end);
  const auto hidden = recurrent.stack.forward(recurrent.model->embed(input)).output[0];  // [T, D]
  const auto& layer = recurrent.stack.layers[0];
  auto by_state = recurrent.model->named_parameters()["output_weight"].sum(0);  // [D]
  for (size_t d = 0; d < 7; ++d) {
    const auto t = 6 - static_cast<int64_t>(d);
    const auto before_tanh = (1 - hidden[t].square()) * by_state;
    EXPECT_NEAR(flow.state[d] * flow.state_scale, by_state.norm().item<double>(), 1e-12);
    EXPECT_NEAR(flow.input[d] * flow.input_scale,
                at::matmul(layer->weight_ih.t(), before_tanh).norm().item<double>(), 1e-12);
    by_state = at::matmul(layer->weight_hh.t(), before_tanh);
  }
}

/// A tanh layer that only ever multiplies its state, which stays at zero.
std::shared_ptr<SequenceModel> multiplier(double factor) {
  auto model = tiny_model("tanh", {{"layers", int64_t{1}}});
  const at::NoGradGuard no_grad;
  for (auto& parameter : model->named_parameters()) {
    const auto& name = parameter.key();
    if (name.find("bias") != std::string::npos || name.starts_with("token_embedding"))
      parameter.value().zero_();
    if (name.ends_with("weight_hh"))
      parameter.value().copy_(at::eye(tiny_width, at::kDouble) * factor);
  }
  return model;
}

GradientFlow flow_over(SequenceModel& model, int64_t length) {
  const auto end = integers({length - 1});
  return gradient_flow(model, {.values = at::zeros({1, length}, at::kLong)}, answer_at(end), end);
}

TEST(GradientFlow, VanishesGeometricallyWithSmallRecurrentWeightsAndExplodesWithLargeOnes) {
  at::manual_seed(4);
  const auto vanishing = flow_over(*multiplier(0.1), 9), exploding = flow_over(*multiplier(10), 9);
  for (size_t d = 0; d < 9; ++d) {
    const auto power = static_cast<double>(d);
    for (const auto& measured : {vanishing.input, vanishing.state})
      EXPECT_NEAR(measured[d] / std::pow(0.1, power), 1, 1e-9) << d;
    for (const auto& measured : {exploding.input, exploding.state})
      EXPECT_NEAR(measured[d] / std::pow(10, power - 8), 1, 1e-9) << d;
  }
}

TEST(GradientFlow, StaysFiniteBeyondTheRangeOfFloat) {
  at::manual_seed(5);
  for (const double factor : {0.1, 10.0}) {
    const auto model = multiplier(factor);
    model->to(at::kFloat);
    const auto flow = flow_over(*model, 120);
    for (const auto& measured : {flow.input, flow.state}) {
      EXPECT_THAT(measured, ::testing::Each(::testing::AllOf(::testing::Ge(0), ::testing::Le(1))));
      EXPECT_EQ(*std::max_element(measured.begin(), measured.end()), 1);
      // Not the square of it, which a float would lose long before.
      EXPECT_GT(factor < 1 ? measured[30] : measured[100], 0);
    }
    if (factor > 1) {
      EXPECT_EQ(flow.state_scale, std::numeric_limits<float>::max());
    }
  }
}

TEST(GradientFlow, OfACausalTransformerIgnoresLaterPositions) {
  at::manual_seed(6);
  auto c = random_case("transformer");
  c.end = integers({3, 2});
  c.losses = answer_at(c.end);
  const auto embedded = c.model->embed(c.input).detach().set_requires_grad(true);
  const auto losses = c.losses(c.model->forward_embedded(embedded, c.input));
  const auto gradient = torch::autograd::grad({losses.sum()}, {embedded})[0];
  EXPECT_TRUE(gradient[0].narrow(0, 4, 2).eq(0).all().item<bool>());
  EXPECT_TRUE(gradient[1].narrow(0, 3, 3).eq(0).all().item<bool>());
  EXPECT_TRUE(gradient[0].narrow(0, 0, 4).ne(0).any(-1).all().item<bool>());
  auto shorter = c;
  shorter.input = {.values = c.input.values.narrow(1, 0, 4)};
  const auto all = flow_of(c), of_four = flow_of(shorter);
  ASSERT_EQ(all.input.size(), 4U);
  for (size_t d = 0; d < 4; ++d) EXPECT_NEAR(all.input[d], of_four.input[d], 1e-12);
}

TEST(GradientFlow, IsTheMeanOfItsRowsByDistance) {
  at::manual_seed(7);
  const auto c = random_case("gru");
  const auto both = flow_of(c);
  std::vector<GradientFlow> alone;
  for (const int64_t b : {0, 1}) {
    const auto end = c.end.narrow(0, b, 1);
    alone.push_back(gradient_flow(
        *c.model, {.values = c.input.values.narrow(0, b, 1).narrow(1, 0, b == 0 ? 6 : 3)},
        answer_at(end), end));
  }
  ASSERT_EQ(alone[1].input.size(), 3U);
  for (size_t d = 0; d < 6; ++d) {
    const double first = alone[0].input[d] * alone[0].input_scale;
    const double mean = d < 3 ? (first + alone[1].input[d] * alone[1].input_scale) / 2 : first;
    EXPECT_NEAR(both.input[d] * both.input_scale, mean, 1e-12) << d;
  }
}

TEST(GradientFlow, RefusesEndsAndLossesThatDoNotFit) {
  const auto c = random_case("tanh");
  const auto refused = [](const std::string& part) {
    return ::testing::ThrowsMessage<std::invalid_argument>(::testing::HasSubstr(part));
  };
  const auto with_end = [&](const at::Tensor& end) {
    return [&, end] { gradient_flow(*c.model, c.input, c.losses, end); };
  };
  EXPECT_THAT(with_end(integers({6, 0})), refused("from 0 to 5, the last position, got 0 to 6"));
  EXPECT_THAT(with_end(integers({5, -1})), refused("got -1 to 5"));
  EXPECT_THAT(with_end(integers({5})), refused("expected ends [2] of type Long, got [1]"));
  EXPECT_THAT(
      [&] {
        gradient_flow(
            *c.model, c.input, [](const at::Tensor& output) { return output.sum(); }, c.end);
      },
      refused("expected losses [2], one a row, got []"));
}

}  // namespace
}  // namespace heed
