#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <torch/autograd.h>

#include "models/compute.h"
#include "models/fused/kernels/instruction_set.h"
#include "models/recurrent/recurrent.h"
#include "tests/models/closeness.h"

namespace heed {
namespace {

using Tensors = std::vector<at::Tensor>;

constexpr CellKind cells[] = {CellKind::tanh, CellKind::gru, CellKind::lstm};

struct Size {
  int64_t batch, steps, input_width, width;
};

RecurrentLayer make_layer(CellKind cell, const Size& size, bool bias) {
  return RecurrentLayer(RecurrentLayerOptions{
      .cell = cell, .input_width = size.input_width, .width = size.width, .bias = bias});
}

/// A layer by kernels in float32, and the same in float64, which has none, on the same input.
struct Pair {
  RecurrentLayer fast, reference;
  RecurrentState initial;
  at::Tensor input, lengths = {};

  Pair(CellKind cell, const Size& size, bool bias)
      : fast(make_layer(cell, size, bias)),
        reference(make_layer(cell, size, bias)),
        input(at::randn({size.steps, size.batch, size.input_width})) {
    initial.hidden = at::randn({size.batch, size.width});
    if (cell == CellKind::lstm) initial.cell = at::randn({size.batch, size.width});
    reference->to(at::kDouble);
    const at::NoGradGuard no_gradients;
    const auto to = reference->parameters();
    for (size_t i = 0; i < to.size(); ++i) to[i].copy_(fast->parameters()[i]);
  }

  /// Output, last states, then the gradients of input, initial states and parameters, of a sum
  /// over those of the first three that `used` has as bits.
  Tensors run(RecurrentLayer& layer, at::ScalarType type, int used) const {
    const auto leaf = [&](const at::Tensor& one) {
      return one.defined() ? one.detach().to(type).set_requires_grad(true) : one;
    };
    const RecurrentState state{leaf(initial.hidden), leaf(initial.cell)};
    Tensors leaves = {leaf(input), state.hidden};
    if (state.cell.defined()) leaves.push_back(state.cell);
    for (const auto& parameter : layer->parameters()) leaves.push_back(parameter);
    const auto read = layer->forward(leaves[0], state, lengths);
    Tensors all = {read.output, read.state.hidden};
    if (state.cell.defined()) all.push_back(read.state.cell);
    auto sum = at::zeros({}, at::TensorOptions(type));
    for (size_t i = 0; i < all.size(); ++i)
      if (used >> i & 1) sum = sum + static_cast<double>(i + 1) * weighed_sum(all[i]);
    for (const auto& gradient : torch::autograd::grad({sum}, leaves, {}, std::nullopt, false,
                                                      /*allow_unused=*/true))
      all.push_back(gradient.defined() ? gradient : at::zeros({1}, sum.options()));
    return all;
  }

  void expect_same(int used = 7) {
    const auto actual = run(fast, at::kFloat, used);
    const auto expected = run(reference, at::kDouble, used);
    ASSERT_EQ(actual.size(), expected.size());
    for (size_t i = 0; i < actual.size(); ++i) {
      const double size = 1 + expected[i].abs().max().item<double>();
      if (actual[i].numel() == 1 && actual[i].item<float>() == 0) continue;  // not used
      EXPECT_TRUE(close(actual[i], expected[i], 2e-5 * size)) << "number " << i;
    }
  }
};

at::Tensor random_lengths(const Size& size) {
  return at::randint(0, size.steps + 1, {size.batch}, at::kLong);
}

class FusedRecurrentTest : public testing::TestWithParam<InstructionSet> {
 protected:
  void SetUp() override {
    at::manual_seed(1);
    at::set_num_threads(1);
    use_instruction_set(GetParam());
  }
  void TearDown() override { use_instruction_set(instruction_sets().back()); }
};

TEST_P(FusedRecurrentTest, EqualsTheStepsOfTheReferenceInOutputsStatesAndEveryGradient) {
  for (int64_t width = 1; width <= 40; width += width < 6 ? 1 : 5)
    for (const auto cell : cells) {
      const Size size{1 + width % 13, 1 + (7 * width) % 20, 1 + (5 * width) % 37, width};
      for (const bool some_end_early : {false, true}) {
        SCOPED_TRACE(c10::str("cell ", static_cast<int>(cell), ", batch ", size.batch, ", steps ",
                              size.steps, ", input ", size.input_width, ", width ", width,
                              some_end_early ? ", some end early" : ""));
        Pair pair(cell, size, width % 2 == 0);
        if (some_end_early) pair.lengths = random_lengths(size);
        pair.expect_same();
      }
    }
}

TEST_P(FusedRecurrentTest, LongSequencesThatAreSplitEqualTheReference) {
  for (const auto cell : cells) {
    Pair pair(cell, {70, 30, 3, 65}, true);
    pair.expect_same();
    pair.lengths = random_lengths({70, 30, 3, 65});
    pair.expect_same();
  }
}

TEST_P(FusedRecurrentTest, TakesGradientsOfAnyOfItsOutputs) {
  for (const auto cell : cells)
    for (int used = 1; used < (cell == CellKind::lstm ? 8 : 4); ++used) {
      SCOPED_TRACE(c10::str("cell ", static_cast<int>(cell), ", outputs ", used));
      Pair(cell, {3, 5, 4, 6}, true).expect_same(used);
    }
}

TEST_P(FusedRecurrentTest, WithoutGradientsItGivesTheSameNumbers) {
  for (const auto cell : cells) {
    Pair pair(cell, {5, 60, 3, 21}, true);
    pair.lengths = random_lengths({5, 60, 3, 21});
    const auto kept = pair.fast->forward(pair.input, pair.initial, pair.lengths);
    const at::NoGradGuard no_gradients;
    const auto read = pair.fast->forward(pair.input, pair.initial, pair.lengths);
    EXPECT_TRUE(read.output.equal(kept.output));
    EXPECT_TRUE(read.state.hidden.equal(kept.state.hidden));
    if (cell == CellKind::lstm) {
      EXPECT_TRUE(read.state.cell.equal(kept.state.cell));
    }
    EXPECT_FALSE(read.output.requires_grad());
  }
}

TEST_P(FusedRecurrentTest, TakesViewsOfAnyOrder) {
  for (const auto cell : cells) {
    Pair pair(cell, {4, 6, 5, 7}, true);
    const auto straight = pair.fast->forward(pair.input, pair.initial);
    const auto turned = [](const at::Tensor& one) {
      return one.defined() ? one.t().contiguous().t() : one;
    };
    const auto input = pair.input.transpose(0, 2).contiguous().transpose(0, 2);
    const auto views =
        pair.fast->forward(input, {turned(pair.initial.hidden), turned(pair.initial.cell)});
    EXPECT_TRUE(views.output.equal(straight.output));
    // A gradient whose rows lie in columns.
    const auto weights = at::randn({7, 4, 6});
    const auto gradients = [&](const at::Tensor& of_output) {
      return torch::autograd::grad({pair.fast->forward(pair.input, pair.initial).output},
                                   pair.fast->parameters(), {of_output});
    };
    const auto view = gradients(weights.permute({2, 1, 0}));
    const auto plain = gradients(weights.permute({2, 1, 0}).contiguous());
    for (size_t i = 0; i < view.size(); ++i) EXPECT_TRUE(view[i].equal(plain[i]));
  }
}

TEST_P(FusedRecurrentTest, TheNumberOfThreadsChangesNothing) {
  for (const auto cell : cells) {
    Pair pair(cell, {26, 40, 16, 48}, true);
    const auto one = pair.run(pair.fast, at::kFloat, 7);
    at::set_num_threads(2);
    const auto two = pair.run(pair.fast, at::kFloat, 7);
    at::set_num_threads(1);
    for (size_t i = 0; i < one.size(); ++i) EXPECT_TRUE(two[i].equal(one[i])) << i;
  }
}

TEST_P(FusedRecurrentTest, OneGraphCanRunBackwardTwice) {
  Pair pair(CellKind::lstm, {3, 5, 4, 6}, true);
  const auto sum = pair.fast->forward(pair.input, pair.initial).output.sum();
  const auto first = torch::autograd::grad({sum}, pair.fast->parameters(), {}, true);
  const auto second = torch::autograd::grad({sum}, pair.fast->parameters());
  for (size_t i = 0; i < first.size(); ++i) EXPECT_TRUE(first[i].equal(second[i]));
}

TEST_P(FusedRecurrentTest, RefusesSecondDerivatives) {
  Pair pair(CellKind::gru, {3, 5, 4, 6}, true);
  const auto sum = pair.fast->forward(pair.input, pair.initial).output.sum();
  EXPECT_THAT(
      [&] {
        torch::autograd::grad({sum}, pair.fast->parameters(), {}, true, /*create_graph=*/true);
      },
      testing::ThrowsMessage<std::logic_error>(testing::HasSubstr("second derivatives")));
}

TEST_P(FusedRecurrentTest, ReferenceRunsTheReadableSteps) {
  Pair pair(CellKind::gru, {3, 5, 4, 6}, true);
  const ComputeScope scope({.kernels = Kernels::reference});
  const auto sum = pair.fast->forward(pair.input, pair.initial).output.sum();
  EXPECT_NO_THROW(
      torch::autograd::grad({sum}, pair.fast->parameters(), {}, true, /*create_graph=*/true));
}

TEST_P(FusedRecurrentTest, AStepEqualsASequenceOfOne) {
  const at::NoGradGuard no_gradients;
  for (const auto cell : cells)
    for (const int64_t batch : {1, 3, 20})
      for (const int64_t width : {1, 7, 16, 33})
        for (const bool bias : {true, false}) {
          Pair pair(cell, {batch, 1, width + 2, width}, bias);
          const auto whole = pair.fast->forward(pair.input, pair.initial);
          const auto step = pair.fast->step(pair.input[0], pair.initial);
          EXPECT_TRUE(close(step.hidden, whole.state.hidden, 2e-6)) << width;
          if (cell == CellKind::lstm) {
            EXPECT_TRUE(close(step.cell, whole.state.cell, 4e-6)) << width;
          }
        }
}

INSTANTIATE_TEST_SUITE_P(EachInstructionSet, FusedRecurrentTest,
                         testing::ValuesIn(instruction_sets()),
                         [](const auto& set) { return to_string(set.param); });

}  // namespace
}  // namespace heed
