#include <cmath>

#include "models/attention/multi_head_attention.h"
#include "models/layers/feed_forward.h"
#include "models/transformer/hidden_matrices.h"
#include "tests/models/closeness.h"
#include "tests/models/tiny_model.h"
#include "train/optimizers/newton_schulz.h"
#include "train/optimizers/optimizer.h"

namespace heed {
namespace {

// Each third of the rows by itself.
at::Tensor orthogonal_parts(const at::Tensor& direction, int64_t parts,
                            const OptimizerOptions& options) {
  std::vector<at::Tensor> results;
  for (const auto& part : direction.chunk(parts, 0))
    results.push_back(orthogonalise(part.unsqueeze(0),
                                    polar_polynomials(options.newton_schulz_steps),
                                    direction.scalar_type())
                          .squeeze(0));
  return at::cat(results, 0);
}

TEST(Muon, MovesHiddenMatricesByTheirOrthogonalisedNesterovMomentum) {
  at::manual_seed(1);
  const auto model = tiny_model("transformer");
  FlatParameters flat(*model);
  const OptimizerOptions options{
      .weight_decay = 0.3, .muon_momentum = 0.8, .newton_schulz_steps = 3, .muon_lr_factor = 2};
  const auto optimizer = OptimizerRegistry::instance().make("muon");
  optimizer->attach(flat, options);
  const auto hidden = hidden_matrices(*model);
  ASSERT_EQ(hidden.size(), 8);  // two layers of two attention and two feed-forward weights
  std::vector<at::Tensor> expected, momentum;
  for (const auto& matrix : hidden) {
    expected.push_back(matrix.weight.detach().clone());
    momentum.push_back(at::zeros_like(expected.back()));
  }
  for (int step = 1; step <= 3; ++step) {
    at::Tensor(flat.gradients()).normal_();
    const double rate = 0.1 / step;
    optimizer->step(rate);
    for (size_t i = 0; i < hidden.size(); ++i) {
      const auto gradient = hidden[i].weight.grad();
      momentum[i] = 0.8 * momentum[i] + 0.2 * gradient;
      const auto direction =
          orthogonal_parts(0.8 * momentum[i] + 0.2 * gradient, hidden[i].stacked, options);
      const auto larger = std::max(gradient.size(0) / hidden[i].stacked, gradient.size(1));
      expected[i] = expected[i] * (1 - 2 * rate * 0.3) -
                    2 * rate * 0.2 * std::sqrt(static_cast<double>(larger)) * direction;
      EXPECT_TRUE(close(hidden[i].weight, expected[i], 1e-9)) << "step " << step;
    }
  }
}

TEST(Muon, WhatIsNoHiddenMatrixMovesAsWithAdamW) {
  for (const std::string kind : {"transformer", "lstm", "encoder_decoder"}) {
    at::manual_seed(2);
    const auto ours = tiny_model(kind), theirs = tiny_model(kind);
    FlatParameters flat(*ours), other(*theirs);
    at::Tensor(other.values()).copy_(flat.values());
    const auto muon = OptimizerRegistry::instance().make("muon");
    const auto adamw = OptimizerRegistry::instance().make("adamw");
    muon->attach(flat, {.weight_decay = 0.3});
    adamw->attach(other, {.weight_decay = 0.3});
    for (int step = 0; step < 3; ++step) {
      at::Tensor(flat.gradients()).normal_();
      at::Tensor(other.gradients()).copy_(flat.gradients());
      muon->step(0.1);
      adamw->step(0.1);
    }
    const int64_t hidden = flat.hidden_count();
    EXPECT_GT(hidden, 0) << kind;
    EXPECT_TRUE(flat.values().slice(0, hidden).equal(other.values().slice(0, hidden))) << kind;
    EXPECT_FALSE(flat.values().slice(0, 0, hidden).allclose(other.values().slice(0, 0, hidden)))
        << kind;
  }
}

TEST(Muon, ItsStepsAreAsLargeAsThoseOfAdamW) {
  at::manual_seed(3);
  FeedForward network(FeedForwardOptions{.width = 32, .hidden = 128, .bias = false});
  FlatParameters flat(*network);
  const auto before = flat.values().clone();
  const auto muon = OptimizerRegistry::instance().make("muon");
  muon->attach(flat, {.weight_decay = 0});
  at::Tensor(flat.gradients()).normal_(0, 1e-3);
  muon->step(0.01);
  const auto size = (flat.values() - before).square().mean().sqrt().item<double>();
  EXPECT_NEAR(size, 0.2 * 0.01, 0.0006);
}

TEST(Muon, ItsStateIsAllItNeedsToGoOn) {
  at::manual_seed(4);
  const auto one = tiny_model("transformer"), other = tiny_model("transformer");
  one->to(at::kFloat);
  other->to(at::kFloat);
  FlatParameters flat_one(*one), flat_other(*other);
  const auto optimizer_one = OptimizerRegistry::instance().make("muon");
  const auto optimizer_other = OptimizerRegistry::instance().make("muon");
  optimizer_one->attach(flat_one, {});
  optimizer_other->attach(flat_other, {});
  const auto gradients = at::randn({3, flat_one.values().numel()});
  const auto step = [&](const FlatParameters& flat, Optimizer& optimizer, int64_t which) {
    at::Tensor(flat.gradients()).copy_(gradients[which]);
    optimizer.step(0.1);
  };
  step(flat_one, *optimizer_one, 0);
  step(flat_one, *optimizer_one, 1);
  at::Tensor(flat_other.values()).copy_(flat_one.values());
  for (size_t i = 0; i < optimizer_one->state().size(); ++i)
    at::Tensor(optimizer_other->state()[i].second).copy_(optimizer_one->state()[i].second);
  step(flat_one, *optimizer_one, 2);
  step(flat_other, *optimizer_other, 2);
  EXPECT_TRUE(flat_one.values().equal(flat_other.values()));
}

}  // namespace
}  // namespace heed
