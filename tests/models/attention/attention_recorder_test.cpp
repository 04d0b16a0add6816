#include "models/attention/attention_recorder.h"

#include <gtest/gtest.h>

namespace heed {
namespace {

TEST(AttentionRecorder, KeepsLayerAndKindAndStacksOneKindByLayer) {
  AttentionRecorder recorder;
  const auto first = at::rand({2, 3, 4, 4}), second = at::rand({2, 3, 4, 4});
  recorder.record({AttentionKind::self, 0}, first);
  recorder.record({AttentionKind::cross, 0}, at::rand({2, 3, 4, 7}));
  recorder.record({AttentionKind::self, 1}, second);
  EXPECT_EQ(recorder.records()[1].layer_id.kind, AttentionKind::cross);
  const auto stacked = recorder.stacked(AttentionKind::self);
  EXPECT_TRUE(stacked[0].equal(first));
  EXPECT_TRUE(stacked[1].equal(second));
  EXPECT_EQ(recorder.stacked(AttentionKind::cross).sizes(), (std::vector<int64_t>{1, 2, 3, 4, 7}));
}

TEST(AttentionRecorder, DetachesAndCopiesNothing) {
  AttentionRecorder recorder;
  const auto weights = at::rand({1, 1, 2, 2}).set_requires_grad(true) * 1;
  recorder.record({AttentionKind::self, 0}, weights);
  EXPECT_FALSE(recorder.records()[0].weights.requires_grad());
  EXPECT_EQ(recorder.records()[0].weights.data_ptr(), weights.data_ptr());
}

TEST(AttentionRecorder, CombinesTheAllowedKeysOfSteps) {
  AttentionRecorder whole, steps;
  whole.on_weights({AttentionKind::self, 0}, at::eye(3).view({1, 1, 3, 3}),
                   at::ones({3, 3}).tril() > 0);
  EXPECT_TRUE(whole.allowed(AttentionKind::self)[0][0].equal(at::ones({3, 3}).tril() > 0));
  for (int64_t t = 0; t < 3; ++t)
    steps.record({AttentionKind::self, 0},
                 at::full({1, 1, 1, t + 1}, 1. / static_cast<double>(t + 1)));
  EXPECT_TRUE(steps.allowed(AttentionKind::self)[0][0].equal(at::ones({3, 3}).tril() > 0));
}

TEST(AttentionRecorder, RefusesToStackNothing) {
  AttentionRecorder recorder;
  EXPECT_THROW(recorder.stacked(AttentionKind::self), std::logic_error);
  recorder.record({AttentionKind::self, 0}, at::rand({1, 1, 2, 2}));
  recorder.clear();
  EXPECT_THROW(recorder.stacked(AttentionKind::self), std::logic_error);
}

}  // namespace
}  // namespace heed
