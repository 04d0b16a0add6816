#include "models/recurrent/recurrent.h"

#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <torch/autograd.h>
#include <torch/nn/modules/rnn.h>

#include <functional>

#include "tests/models/closeness.h"

namespace heed {
namespace {

using Tensors = std::vector<at::Tensor>;
/// From the input [B, T, D_in] and the initial states to the output [B, T, D] and the final states.
/// States are [L, B, D]: hidden, then, for the LSTM, cell; none at all stands for zeros.
using Network = std::function<Tensors(const at::Tensor& input, const Tensors& states)>;

RecurrentStack make(const RecurrentStackOptions& options) {
  RecurrentStack stack(options);
  stack->to(at::kDouble);
  return stack;
}

Network network(RecurrentStack stack, const at::Tensor& lengths = {}) {
  return [=](const at::Tensor& input, const Tensors& states) mutable -> Tensors {
    std::vector<RecurrentState> initial;
    for (int64_t layer = 0; !states.empty() && layer < states[0].size(0); ++layer)
      initial.push_back({states[0][layer], states.size() > 1 ? states[1][layer] : at::Tensor()});
    const auto result = stack->forward(input, initial, lengths);
    Tensors hidden, cell;
    for (const auto& state : result.states) {
      hidden.push_back(state.hidden);
      cell.push_back(state.cell);
    }
    if (!cell[0].defined()) return {result.output, at::stack(hidden)};
    return {result.output, at::stack(hidden), at::stack(cell)};
  };
}

struct Reference {
  Network network;
  std::shared_ptr<torch::nn::Module> module;
};

/// LibTorch's own network of the same kind and size.
Reference reference(const RecurrentStackOptions& options) {
  const auto configured = [&options](auto configuration) {
    return configuration.num_layers(options.layers).bias(options.layer.bias).batch_first(true);
  };
  const auto plain = [](auto module) -> Reference {
    return {[=](const at::Tensor& input, const Tensors& states) mutable -> Tensors {
              const auto [output, hidden] =
                  module->forward(input, states.empty() ? at::Tensor() : states[0]);
              return {output, hidden};
            },
            module.ptr()};
  };
  const int64_t from = options.layer.input_width, to = options.layer.width;
  if (options.layer.cell == CellKind::gru)
    return plain(torch::nn::GRU(configured(torch::nn::GRUOptions(from, to))));
  if (options.layer.cell == CellKind::tanh)
    return plain(
        torch::nn::RNN(configured(torch::nn::RNNOptions(from, to)).nonlinearity(torch::kTanh)));
  torch::nn::LSTM lstm(configured(torch::nn::LSTMOptions(from, to)));
  return {[=](const at::Tensor& input, const Tensors& states) mutable -> Tensors {
            const auto [output, state] =
                states.empty() ? lstm->forward(input)
                               : lstm->forward(input, std::make_tuple(states[0], states[1]));
            return {output, std::get<0>(state), std::get<1>(state)};
          },
          lstm.ptr()};
}

/// Gives `stack` the reference's weights, and returns those, in the order of the stack's
/// parameters.
Tensors copy_weights(const Reference& theirs, const RecurrentStack& stack) {
  const at::NoGradGuard no_grad;
  theirs.module->to(at::kDouble);
  const auto named = theirs.module->named_parameters();
  Tensors weights;
  for (size_t index = 0; index < stack->layers.size(); ++index)
    for (auto& parameter : stack->layers[index]->named_parameters()) {
      weights.push_back(named[parameter.key() + "_l" + std::to_string(index)]);
      parameter.value().copy_(weights.back());
    }
  EXPECT_EQ(weights.size(), named.size());
  return weights;
}

Tensors joined(Tensors first, const Tensors& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

at::Tensor weighed_sum_of_all(const Tensors& tensors) {
  auto sum = at::zeros({}, at::kDouble);
  double factor = 1;
  for (const auto& tensor : tensors) sum = sum + factor++ * weighed_sum(tensor);
  return sum;
}

void expect_close(const Tensors& actual, const Tensors& expected, double tolerance,
                  const std::string& what) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < actual.size(); ++i)
    EXPECT_TRUE(close(actual[i], expected[i], tolerance)) << what << " " << i;
}

class AnyCell : public ::testing::TestWithParam<CellKind> {
 protected:
  void SetUp() override {
    at::manual_seed(1);
    at::set_num_threads(1);  // beside other tests, threads that wait for each other take minutes
  }

  static RecurrentStackOptions sized(int64_t layers, int64_t input_width, int64_t width,
                                     bool bias = true) {
    return {.layer = {.cell = GetParam(), .input_width = input_width, .width = width, .bias = bias},
            .layers = layers};
  }

  static Tensors random_states(int64_t layers, int64_t batch, int64_t width) {
    Tensors states;
    for (int i = 0; i < (GetParam() == CellKind::lstm ? 2 : 1); ++i)
      states.push_back(random_input({layers, batch, width}));
    return states;
  }
};

TEST_P(AnyCell, EqualsLibTorchsInOutputsFinalStatesAndEveryGradient) {
  for (int64_t length = 1; length <= 17; ++length)
    for (const bool bias : {true, false})
      for (const bool with_state : {true, false}) {
        const int64_t batch = 1 + length % 3, layers = 1 + length / 2 % 3, width = 1 + length % 7;
        SCOPED_TRACE(c10::str("length ", length, ", batch ", batch, ", layers ", layers, ", width ",
                              width, bias ? "" : ", no bias", with_state ? ", with state" : ""));
        const auto options = sized(layers, 1 + length % 5, width, bias);
        const auto ours = make(options);
        const auto theirs = reference(options);
        const auto their_weights = copy_weights(theirs, ours);
        const auto input = random_input({batch, length, options.layer.input_width});
        const auto states = with_state ? random_states(layers, batch, width) : Tensors();
        const auto actual = network(ours)(input, states);
        const auto expected = theirs.network(input, states);
        expect_close(actual, expected, output_tolerance, "output or final state");
        const auto leaves = joined({input}, states);
        expect_close(
            torch::autograd::grad({weighed_sum_of_all(actual)}, joined(leaves, ours->parameters())),
            torch::autograd::grad({weighed_sum_of_all(expected)}, joined(leaves, their_weights)),
            gradient_tolerance, "gradient");
      }
}

TEST_P(AnyCell, PaddedRowsEqualTheirUnpaddedRunsInOutputsStatesAndGradients) {
  const auto stack = make(sized(2, 3, 5));
  const auto lengths = at::tensor({6, 1, 7, 3}, at::kLong);
  const auto input = random_input({4, 8, 3});
  const auto states = random_states(2, 4, 5);
  const auto padded = network(stack, lengths)(input, states);
  auto padded_sum = at::zeros({}, at::kDouble), alone_sum = padded_sum;
  for (int64_t row = 0; row < 4; ++row) {
    const auto length = lengths[row].item<int64_t>();
    const auto of_row = [row](Tensors all) {
      for (auto& state : all) state = state.narrow(1, row, 1);  // [L, 1, D]
      return all;
    };
    const auto alone = network(stack)(input.narrow(0, row, 1).narrow(1, 0, length), of_row(states));
    const auto output = padded[0].narrow(0, row, 1);  // [1, T, D]
    const auto same =
        joined({output.narrow(1, 0, length)}, of_row(Tensors(padded.begin() + 1, padded.end())));
    expect_close(same, alone, 1e-12, "output or final state");
    EXPECT_TRUE(output.narrow(1, length, 8 - length).eq(0).all().item<bool>());
    padded_sum = padded_sum + weighed_sum_of_all(same);
    alone_sum = alone_sum + weighed_sum_of_all(alone);
  }
  const auto leaves = joined(joined({input}, states), stack->parameters());
  expect_close(torch::autograd::grad({padded_sum}, leaves),
               torch::autograd::grad({alone_sum}, leaves), gradient_tolerance, "gradient");
}

TEST_P(AnyCell, ARowOfLengthZeroKeepsItsInitialState) {
  const auto states = random_states(2, 2, 5);
  const auto result =
      network(make(sized(2, 3, 5)), at::tensor({0, 4}, at::kLong))(random_input({2, 4, 3}), states);
  EXPECT_TRUE(result[0][0].eq(0).all().item<bool>());
  for (size_t i = 0; i < states.size(); ++i) {
    EXPECT_TRUE(result[i + 1].select(1, 0).equal(states[i].select(1, 0)));
    EXPECT_FALSE(result[i + 1].select(1, 1).equal(states[i].select(1, 1)));
  }
}

TEST_P(AnyCell, SteppingEqualsOnePass) {
  auto stack = make(sized(3, 2, 4));
  const auto input = at::randn({2, 9, 2}, at::kDouble);
  const auto whole = stack->forward(input);
  auto states = stack->initial_state(2);
  for (int64_t t = 0; t < 9; ++t)
    EXPECT_TRUE(close(stack->step(input.select(1, t), states), whole.output.select(1, t), 1e-12))
        << "position " << t;
  for (size_t layer = 0; layer < 3; ++layer)
    EXPECT_TRUE(close(states[layer].hidden, whole.states[layer].hidden, 1e-12));
}

TEST_P(AnyCell, RunThroughItsStatesEqualsOnePass) {
  auto stack = make(sized(3, 2, 4));
  const auto input = at::randn({3, 6, 2}, at::kDouble);
  for (const auto& lengths : {at::Tensor(), at::tensor({6, 0, 4}, at::kLong)}) {
    const auto whole = stack->forward(input, {}, lengths);
    std::vector<at::Tensor> states;
    const auto through = stack->forward_through_states(input, lengths, states);
    EXPECT_TRUE(close(through.output, whole.output, 1e-12));
    for (size_t layer = 0; layer < 3; ++layer) {
      EXPECT_TRUE(close(through.states[layer].hidden, whole.states[layer].hidden, 1e-12));
      EXPECT_EQ(through.states[layer].cell.defined(), GetParam() == CellKind::lstm);
    }
    ASSERT_EQ(states.size(), 6U);
    EXPECT_EQ(states[0].sizes(), (std::vector<int64_t>{3, stack->state_size()}));
  }
}

TEST_P(AnyCell, TheGradientOfAStateEqualsThatOfARunFromIt) {
  auto stack = make(sized(2, 2, 3));
  const auto input = at::randn({2, 7, 2}, at::kDouble);
  std::vector<at::Tensor> states;
  const auto through = stack->forward_through_states(input, {}, states);
  const auto gradients =
      torch::autograd::grad({weighed_sum(through.output.narrow(1, 4, 3))}, states, {}, std::nullopt,
                            false, /*allow_unused=*/true);
  auto first = stack->forward(input.narrow(1, 0, 4)).states;  // after position 3
  std::vector<at::Tensor> leaves;
  for (auto& state : first)
    for (auto* part : {&state.hidden, &state.cell})
      if (part->defined()) leaves.push_back(*part = part->detach().set_requires_grad(true));
  const auto rest = stack->forward(input.narrow(1, 4, 3), first);
  const auto expected = torch::autograd::grad({weighed_sum(rest.output)}, leaves);
  EXPECT_TRUE(close(gradients[3], at::cat(expected, 1), 1e-12));
  EXPECT_GT(gradients[3].abs().min().item<double>(), 0);
}

TEST_P(AnyCell, ALaterInputChangesNoEarlierOutput) {
  auto stack = make(sized(2, 3, 4));
  const auto input = at::randn({2, 9, 3}, at::kDouble);
  auto changed = input.clone();
  changed.select(1, 5) += 1;
  const auto before = stack->forward(input).output, after = stack->forward(changed).output;
  EXPECT_TRUE(before.narrow(1, 0, 5).equal(after.narrow(1, 0, 5)));
  EXPECT_FALSE(before.select(1, 5).equal(after.select(1, 5)));
  EXPECT_FALSE(before.select(1, 8).equal(after.select(1, 8)));
}

TEST_P(AnyCell, DropsOutBetweenLayersWhileTrainingAndNowhereElse) {
  const auto input = at::randn({2, 6, 8}, at::kDouble);
  auto one = sized(1, 8, 8), two = sized(2, 8, 8);
  one.dropout = two.dropout = 0.5;
  auto single = make(one), pair = make(two);
  EXPECT_TRUE(single->forward(input).output.equal(single->forward(input).output));
  EXPECT_FALSE(pair->forward(input).output.equal(pair->forward(input).output));
  EXPECT_FALSE(pair->forward(input).output.eq(0).any().item<bool>());
  pair->eval();
  EXPECT_TRUE(pair->forward(input).output.equal(pair->forward(input).output));
}

TEST_P(AnyCell, UnderAutocastTheStateKeepsItsPrecision) {
  RecurrentStack stack(sized(2, 8, 8));
  const auto input = at::randn({2, 20, 8});
  const auto exact = network(stack)(input, {});
  at::autocast::set_autocast_enabled(at::kCPU, true);
  const auto cast = network(stack)(input, {});
  at::autocast::set_autocast_enabled(at::kCPU, false);
  at::autocast::clear_cache();
  expect_close(cast, exact, 0.05, "output or final state");
  EXPECT_FALSE(cast[0].equal(exact[0].to(cast[0].scalar_type())));
  if (GetParam() != CellKind::tanh) {
    EXPECT_EQ(cast.back().scalar_type(), at::kFloat);
  }
}

TEST_P(AnyCell, RefusesShapesThatDoNotFitAndNamesTheExpectedOnes) {
  const auto refused = [](const std::string& part) {
    return ::testing::ThrowsMessage<std::invalid_argument>(::testing::HasSubstr(part));
  };
  auto stack = make(sized(2, 3, 4));
  auto states = stack->initial_state(2);
  const auto input = at::randn({2, 5, 3}, at::kDouble);
  const auto with_lengths = [&](const at::Tensor& lengths) {
    return [&, lengths] { stack->forward(input, {}, lengths); };
  };
  EXPECT_THAT([&] { stack->forward(at::randn({2, 5, 4})); }, refused("[B, T, 3]"));
  EXPECT_THAT([&] { stack->forward(at::randn({2, 3})); }, refused("got [2, 3]"));
  EXPECT_THAT([&] { stack->forward(at::randn({2, 0, 3})); }, refused("got [2, 0, 3]"));
  EXPECT_THAT([&] { stack->step(at::randn({2, 4}), states); }, refused("[B, 3]"));
  EXPECT_THAT([&] { stack->forward(input, stack->initial_state(3)); }, refused("got [3, 4]"));
  EXPECT_THAT([&] { stack->forward(input, {states[0]}); }, refused("2 recurrent states, got 1"));
  EXPECT_THAT(with_lengths(at::tensor({6, 1}, at::kLong)), refused("from 0 to 5, got 1 to 6"));
  EXPECT_THAT(with_lengths(at::tensor({-1, 1}, at::kLong)), refused("got -1 to 1"));
  EXPECT_THAT(with_lengths(at::tensor({5}, at::kLong)), refused("expected lengths [2]"));
  EXPECT_THAT(with_lengths(at::tensor({5, 5}, at::kInt)), refused("of type Int"));
  const auto other = GetParam() == CellKind::lstm ? CellKind::gru : CellKind::lstm;
  auto foreign = make({.layer = {.cell = other, .input_width = 3, .width = 4}, .layers = 2});
  EXPECT_THAT([&] { foreign->forward(input, states); }, refused("and cell "));
  EXPECT_THAT([] { make(sized(0, 1, 1)); }, refused("at least 1 recurrent layer, got 0"));
  EXPECT_THAT([] { make(sized(1, 1, 0)); }, refused("widths of at least 1"));
}

std::string recurrent_name_of(const ::testing::TestParamInfo<CellKind>& cell) {
  return cell.param == CellKind::tanh ? "tanh" : cell.param == CellKind::gru ? "gru" : "lstm";
}
INSTANTIATE_TEST_SUITE_P(Recurrent, AnyCell,
                         ::testing::Values(CellKind::tanh, CellKind::gru, CellKind::lstm),
                         recurrent_name_of);

TEST(RecurrentLayer, StartsUniformWithinOneOverTheRootOfItsWidth) {
  at::manual_seed(2);
  const RecurrentLayer layer(
      RecurrentLayerOptions{.cell = CellKind::gru, .input_width = 30, .width = 100});
  ASSERT_EQ(layer->parameters().size(), 4U);
  for (const auto& parameter : layer->parameters()) {
    EXPECT_LE(parameter.abs().max().item<double>(), 0.1);
    EXPECT_NEAR(parameter.std().item<double>(), 0.1 / std::sqrt(3.0), 0.005);
  }
}

TEST(RecurrentLayer, AnLstmsForgetGateStartsAtTheGivenBias) {
  const RecurrentLayer layer(RecurrentLayerOptions{
      .cell = CellKind::lstm, .input_width = 3, .width = 100, .forget_bias = 2.5});
  const auto bias = layer->bias_ih + layer->bias_hh;  // i, f, g, o
  EXPECT_TRUE(bias.narrow(0, 100, 100).eq(2.5).all().item<bool>());
  EXPECT_LE(bias.narrow(0, 0, 100).abs().max().item<double>(), 0.2);
  EXPECT_LE(bias.narrow(0, 200, 200).abs().max().item<double>(), 0.2);
}

}  // namespace
}  // namespace heed
