#include "models/attention/manual_backward.h"

#include <ATen/core/grad_mode.h>

#include <gmock/gmock.h>
#include <torch/csrc/autograd/autograd.h>

#include <limits>

#include "models/attention/attention_mask.h"
#include "models/compute.h"
#include "tests/models/closeness.h"

namespace heed {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// All tensors of an input that take gradients, by name.
std::vector<std::pair<std::string, at::Tensor>> leaves_of(const AttentionInput& input) {
  std::vector<std::pair<std::string, at::Tensor>> leaves = {
      {"query", input.query}, {"key", input.key}, {"value", input.value}};
  if (input.bias.defined()) leaves.emplace_back("bias", input.bias);
  if (input.relative_query.defined()) {
    leaves.emplace_back("relative query", input.relative_query);
    leaves.emplace_back("relative key", input.relative_key);
  }
  return leaves;
}

struct Case {
  std::string name;
  AttentionInput input;
  double dropout = 0;
};

AttentionInput heads(int64_t queries, int64_t keys, int64_t width, int64_t value_width) {
  return {random_input({2, 3, queries, width}), random_input({2, 3, keys, width}),
          random_input({2, 3, keys, value_width})};
}

AttentionInput with_relative(AttentionInput input) {
  const int64_t queries = input.query.size(2), keys = input.key.size(2);
  const int64_t width = input.query.size(3);
  input.relative_query = random_input({2, 3, queries, width});
  input.relative_key = random_input({3, queries + keys - 1, width});  // one for all of the batch
  return input;
}

std::vector<Case> cases() {
  at::manual_seed(1);
  std::vector<Case> all;
  const auto add = [&all](const std::string& name, AttentionInput input, double dropout = 0) {
    all.push_back({name, std::move(input), dropout});
  };
  const auto masked = [](at::Tensor mask) {
    auto input = heads(5, 7, 4, 4);
    input.mask = std::move(mask);
    return input;
  };
  add("plain", heads(6, 6, 4, 4));
  add("other lengths and value width", heads(5, 8, 3, 2));
  add("one query", heads(1, 6, 4, 4));
  add("one key", heads(4, 1, 4, 4));
  add("causal", masked(causal_mask(5, 7)));
  add("padding", masked(padding_mask(at::tensor({3, 7}, at::kLong), 7)));
  add("a mask for each head", masked(at::rand({3, 5, 7}) > 0.3));
  add("a mask for each pair", masked(at::rand({2, 3, 5, 7}) > 0.3));
  add("a row of keys for all", masked(at::tensor({1, 0, 1, 1, 0, 1, 1}, at::kLong).to(at::kBool)));
  auto nowhere = at::rand({5, 7}) > 0.3;
  nowhere[2].fill_(false);
  add("a row that may attend nowhere", masked(nowhere));
  add("numbers as a mask", masked(at::randn({5, 7}, at::kDouble)));
  for (const auto& sizes : std::vector<std::vector<int64_t>>{
           {2, 3, 5, 7}, {3, 5, 7}, {2, 1, 5, 7}, {5, 7}, {1, 7}, {3, 1, 1}}) {
    auto input = masked(causal_mask(5, 7));
    input.bias = random_input(sizes);
    add("bias " + std::to_string(sizes.size()) + "-d", input);
  }
  add("relative", with_relative(heads(6, 6, 4, 4)));
  add("relative, other lengths", with_relative(heads(3, 7, 4, 2)));
  add("relative, one query", with_relative(heads(1, 5, 4, 4)));
  auto all_at_once = with_relative(masked(causal_mask(5, 7)));
  all_at_once.bias = random_input({3, 5, 7});
  add("relative, bias and mask", all_at_once);
  add("dropout", heads(5, 7, 4, 3), 0.4);
  add("dropout on all", all_at_once, 0.3);
  auto broadcast = heads(4, 6, 3, 3);
  broadcast.key = random_input({1, 6, 3});
  broadcast.value = random_input({2, 1, 6, 3});
  add("one key for all heads", broadcast);
  return all;
}

at::Tensor output_of(const Case& one) {
  at::manual_seed(77);
  return attend_manually(one.input, {.dropout = one.dropout}).output;
}

AttentionResult attend_by_reference(const AttentionInput& input, double dropout = 0) {
  const ComputeScope scope({.kernels = Kernels::reference});
  return attend(input, {.dropout = dropout});
}

TEST(ManualBackward, EqualsAutogradInOutputWeightsAndEveryGradient) {
  for (const auto& one : cases()) {
    at::manual_seed(77);
    const auto ours = attend_manually(one.input, {.dropout = one.dropout});
    at::manual_seed(77);
    const auto theirs = attend_by_reference(one.input, one.dropout);
    EXPECT_TRUE(close(ours.output, theirs.output, output_tolerance)) << one.name;
    EXPECT_TRUE(close(ours.weights, theirs.weights, output_tolerance)) << one.name;
    std::vector<at::Tensor> inputs;
    for (const auto& leaf : leaves_of(one.input)) inputs.push_back(leaf.second);
    const auto our_gradients = torch::autograd::grad({weighed_sum(ours.output)}, inputs);
    const auto their_gradients = torch::autograd::grad({weighed_sum(theirs.output)}, inputs);
    for (size_t i = 0; i < inputs.size(); ++i)
      EXPECT_TRUE(close(our_gradients[i], their_gradients[i], gradient_tolerance))
          << one.name << ", " << leaves_of(one.input)[i].first;
  }
}

/// (f(x + h) - f(x - h)) / 2h for one number after the other.
at::Tensor central_differences(const Case& one, const at::Tensor& leaf) {
  constexpr double step = 1e-4;
  at::NoGradGuard guard;
  auto flat = leaf.detach().view(-1);  // shares the leaf's numbers
  auto result = at::empty_like(flat);
  for (int64_t i = 0; i < flat.numel(); ++i) {
    const double value = flat[i].item<double>();
    // Richardson's extrapolation of two steps: the error falls with the fourth power of the step.
    double slopes[2];
    for (const int half : {0, 1}) {
      const double h = half ? step / 2 : step;
      flat[i] = value + h;
      const double up = weighed_sum(output_of(one)).item<double>();
      flat[i] = value - h;
      const double down = weighed_sum(output_of(one)).item<double>();
      slopes[half] = (up - down) / (2 * h);
    }
    flat[i] = value;
    result[i] = (4 * slopes[1] - slopes[0]) / 3;
  }
  return result.view(leaf.sizes());
}

TEST(ManualBackward, GradientsEqualCentralFiniteDifferences) {
  for (const auto& one : cases()) {
    for (const auto& [name, leaf] : leaves_of(one.input)) {
      const auto gradient = torch::autograd::grad({weighed_sum(output_of(one))}, {leaf})[0];
      EXPECT_TRUE(close(gradient, central_differences(one, leaf), gradient_tolerance))
          << one.name << ", " << name;
    }
  }
}

TEST(ManualBackward, RelativeTermsEqualTheirDefinitionWrittenAsLoops) {
  at::manual_seed(3);
  const auto input = with_relative(heads(3, 5, 4, 2));
  auto scores = at::zeros({2, 3, 3, 5}, at::kDouble);
  for (int64_t b = 0; b < 2; ++b)
    for (int64_t h = 0; h < 3; ++h)
      for (int64_t t = 0; t < 3; ++t)
        for (int64_t s = 0; s < 5; ++s)
          scores[b][h][t][s] =
              (input.query[b][h][t].dot(input.key[b][h][s]) +
               input.relative_query[b][h][t].dot(input.relative_key[h][3 - 1 - t + s])) /
              2;  // sqrt(4)
  EXPECT_TRUE(close(attend(input).weights, scores.softmax(-1), 1e-12));
}

TEST(ManualBackward, WeightsComputedAgainGiveTheSameGradientsAsThoseKept) {
  for (const auto& one : cases()) {
    std::vector<at::Tensor> inputs;
    for (const auto& leaf : leaves_of(one.input)) inputs.push_back(leaf.second);
    const auto gradients = [&](int64_t max_saved) {
      at::manual_seed(77);
      const auto output =
          attend_manually(one.input, {.dropout = one.dropout, .max_saved = max_saved}).output;
      return torch::autograd::grad({weighed_sum(output)}, inputs);
    };
    const auto kept = gradients(1 << 20), again = gradients(0);
    for (size_t i = 0; i < inputs.size(); ++i)
      EXPECT_TRUE(close(again[i], kept[i], 1e-12))
          << one.name << ", " << leaves_of(one.input)[i].first;
  }
}

TEST(ManualBackward, ARowThatMayAttendNowhereIsZeroAndNaNStaysNaN) {
  using Way = AttentionResult (*)(const AttentionInput&);
  const Way ways[] = {[](const AttentionInput& input) { return attend_manually(input); },
                      [](const AttentionInput& input) { return attend_by_reference(input); }};
  for (const auto way : ways) {
    auto input = heads(3, 3, 2, 2);
    input.mask = at::tensor({1, 1, 1, 0, 0, 0, 1, 0, 1}, at::kLong).to(at::kBool).view({3, 3});
    const auto result = way(input);
    EXPECT_TRUE(result.output.select(2, 1).eq(0).all().item<bool>());
    EXPECT_TRUE(result.weights.select(2, 1).eq(0).all().item<bool>());
    auto broken = input;
    broken.query = input.query.detach().clone();
    broken.query.select(2, 0).fill_(std::numeric_limits<double>::quiet_NaN());
    EXPECT_TRUE(way(broken).output.select(2, 0).isnan().all().item<bool>());
  }
}

TEST(ManualBackward, WeightsAreReturnedOnlyOnRequest) {
  const auto input = heads(3, 3, 2, 2);
  EXPECT_FALSE(attend(input, {.weights = false}).weights.defined());
  EXPECT_FALSE(attend(input).weights.requires_grad());
}

TEST(ManualBackward, HiddenPairsHaveNoWeightAtAll) {
  auto input = heads(4, 4, 2, 2);
  input.mask = causal_mask(4, 4);
  auto added = input;
  added.mask = at::zeros({4, 4}, at::kDouble).masked_fill(input.mask.logical_not(), -infinity);
  EXPECT_TRUE(attend(input).weights.equal(attend(added).weights));
  EXPECT_TRUE(attend(input).weights.triu(1).eq(0).all().item<bool>());
}

TEST(ManualBackward, RelativeShiftTakesEachQueryItsOwnDistances) {
  const auto wide = at::arange(12, at::kDouble).view({3, 4});  // T = 3, T + S - 1 = 4: S = 2
  const auto expected = at::tensor({2.0, 3.0, 5.0, 6.0, 8.0, 9.0}, at::kDouble).view({3, 2});
  EXPECT_TRUE(relative_shift(wide).equal(expected));
  EXPECT_TRUE(relative_shift(at::ones({1, 5})).equal(at::ones({1, 5})));
}

TEST(ManualBackward, RefusesShapesThatDoNotFit) {
  using ::testing::HasSubstr;
  auto input = heads(3, 3, 2, 2);
  input.key = at::randn({2, 3, 3, 5}, at::kDouble);
  EXPECT_THAT([&] { attend(input); },
              ::testing::ThrowsMessage<std::invalid_argument>(HasSubstr("key [..., S, K]")));
  auto relative = with_relative(heads(3, 3, 2, 2));
  relative.relative_key = relative.relative_key.narrow(1, 0, 4);
  EXPECT_THAT([&] { attend(relative); },
              ::testing::ThrowsMessage<std::invalid_argument>(HasSubstr("must be 5")));
}

}  // namespace
}  // namespace heed
