#include "models/attention/head_ablation.h"

#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "tests/models/closeness.h"
#include "tests/models/tiny_model.h"

namespace heed {
namespace {

const LayerId first{.kind = AttentionKind::self, .layer = 0};
const LayerId second{.kind = AttentionKind::self, .layer = 1};
constexpr int64_t head_ablation_heads = 2, head_width = tiny_width / head_ablation_heads;

std::shared_ptr<SequenceModel> model() {
  at::manual_seed(5);
  return tiny_model("transformer", {{"heads", head_ablation_heads}});
}

SequenceInput input() { return {.values = at::randint(0, tiny_vocabulary, {3, 6}, at::kLong)}; }

// The columns of W_O that read a head: scaling them scales what the head gives.
at::Tensor columns_of(SequenceModel& model, int64_t layer, int64_t head) {
  const auto name = "encoder.layer" + std::to_string(layer) + ".attention.output_weight";
  return model.named_parameters()[name].narrow(1, head * head_width, head_width);
}

TEST(HeadMeans, AreOverValidPositions) {
  HeadMeans means;
  const auto outputs = at::arange(2 * 1 * 3 * 2, at::kDouble).view({2, 1, 3, 2});
  means.begin({.values = at::zeros({2, 3}, at::kLong), .lengths = at::tensor({3, 1}, at::kLong)});
  EXPECT_TRUE(means.on_head_outputs(first, outputs).is_same(outputs));
  // Rows (0, 1), (2, 3), (4, 5) of the first sentence and (6, 7) of the second one.
  EXPECT_TRUE(close(means.means().at(first), at::tensor({3., 4.}).view({1, 2}), 1e-12));
  means.begin({.values = at::zeros({1, 1}, at::kLong)});
  means.on_head_outputs(first, at::full({1, 1, 1, 2}, 13.));
  EXPECT_TRUE(close(means.means().at(first), at::tensor({5., 5.8}).view({1, 2}), 1e-12));
}

TEST(HeadMeans, OfStepsEqualThoseOfOnePass) {
  HeadMeans whole, steps;
  const SequenceInput batch{.values = at::zeros({2, 4}, at::kLong),
                            .lengths = at::tensor({4, 2}, at::kLong)};
  const auto outputs = at::rand({2, 3, 4, 2}, at::kDouble);
  for (int pass = 0; pass < 2; ++pass) {
    whole.begin(batch);
    steps.begin(batch);
    whole.on_head_outputs(first, outputs);
    for (int64_t t = 0; t < 4; ++t) steps.on_head_outputs(first, outputs.narrow(2, t, 1));
  }
  EXPECT_TRUE(close(steps.means().at(first), whole.means().at(first), 1e-12));
}

TEST(HeadMeans, OfAnEncoderCountTheSource) {
  HeadMeans means;
  means.begin({.values = at::zeros({1, 2}, at::kLong),
               .lengths = at::tensor({2}, at::kLong),
               .source = at::zeros({1, 3}, at::kLong),
               .source_lengths = at::tensor({1}, at::kLong)});
  const LayerId encoder{.kind = AttentionKind::encoder, .layer = 0};
  means.on_head_outputs(encoder, at::tensor({7., 1., 1.}).view({1, 1, 3, 1}));
  EXPECT_EQ(means.means().at(encoder).item<double>(), 7);
}

TEST(HeadAblation, ByZeroIsTheModelWithoutTheHeadsColumnsOfTheOutputProjection) {
  const at::NoGradGuard no_gradients;
  const auto batch = input();
  for (const int64_t layer : {0, 1})
    for (int64_t head = 0; head < head_ablation_heads; ++head) {
      const auto whole = model();
      HeadAblation ablation;
      ablation.ablate({.kind = AttentionKind::self, .layer = layer}, head, at::zeros({head_width}));
      const auto ablated = whole->forward(batch, &ablation);
      EXPECT_FALSE(ablated.allclose(whole->forward(batch)));
      columns_of(*whole, layer, head).zero_();
      EXPECT_TRUE(close(ablated, whole->forward(batch), 1e-12)) << layer << " " << head;
    }
}

TEST(HeadAblation, ReplacesOutputsAtAllPositionsAndRecordsTheAblatedMaps) {
  const auto outputs = at::rand({2, 2, 3, 2}, at::kDouble);
  AttentionRecorder recorder;
  HeadAblation ablation;
  EXPECT_FALSE(ablation.wants_weights());
  ablation.record_into(&recorder);
  ablation.ablate(second, 1, at::tensor({4., 5.}));
  EXPECT_TRUE(ablation.on_head_outputs(first, outputs).equal(outputs));
  const auto changed = ablation.on_head_outputs(second, outputs);
  EXPECT_TRUE(changed.select(1, 0).equal(outputs.select(1, 0)));
  EXPECT_TRUE(changed.select(1, 1).equal(at::tensor({4., 5.}).to(at::kDouble).expand({2, 3, 2})));
  EXPECT_TRUE(ablation.wants_weights());
  ablation.on_weights(second, at::ones({1, 2, 1, 1}), {});
  EXPECT_EQ(recorder.records().size(), 1U);
}

TEST(HeadMask, HaveTheGradientsOfFiniteDifferencesPerRow) {
  const auto whole = model();
  const auto batch = input();
  HeadMask hook;
  const auto loss_of = [&](AttentionHook* one) {
    return whole->forward(batch, one).square().sum({1, 2});  // [B]
  };
  const auto total = loss_of(&hook).sum();
  std::vector<at::Tensor> masks;
  for (const auto& [layer_id, mask] : hook.masks()) masks.push_back(mask);
  const auto gradients = torch::autograd::grad({total}, masks);
  const at::NoGradGuard no_gradients;
  constexpr double step = 1e-5;
  for (const int64_t layer : {0, 1})
    for (int64_t head = 0; head < head_ablation_heads; ++head) {
      const auto columns = columns_of(*whole, layer, head), before = columns.clone();
      columns.copy_(before * (1 + step));
      const auto above = loss_of(nullptr);
      columns.copy_(before * (1 - step));
      const auto below = loss_of(nullptr);
      columns.copy_(before);
      const auto expected = (above - below) / (2 * step);
      EXPECT_TRUE(close(gradients[static_cast<size_t>(layer)].select(1, head), expected, 1e-6));
    }
}

TEST(HeadMask, OfStepwiseAttentionAreSharedByAllSteps) {
  at::manual_seed(6);
  const auto recurrent = tiny_model("gru_encoder_decoder", {{"context", std::string("dot")}});
  HeadMask hook;
  const auto tokens = at::randint(0, tiny_vocabulary, {2, 5}, at::kLong);
  recurrent->forward({.values = tokens, .source = tokens}, &hook);
  ASSERT_EQ(hook.masks().size(), 1U);
  const auto& [layer_id, mask] = *hook.masks().begin();
  EXPECT_EQ(layer_id.kind, AttentionKind::cross);
  EXPECT_EQ(mask.sizes(), (std::vector<int64_t>{2, 1}));
}

}  // namespace
}  // namespace heed
