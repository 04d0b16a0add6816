#include "models/attention/attention_hook.h"

#include <gtest/gtest.h>

#include <vector>

namespace heed {
namespace {

/// Counts what it is shown, and doubles what heads give.
class Doubling : public AttentionHook {
 public:
  explicit Doubling(bool weights) : weights_(weights) {}
  bool wants_weights() const override { return weights_; }
  void on_weights(const LayerId& layer_id, const at::Tensor&, const AttentionMask&) override {
    seen.push_back(layer_id);
  }
  at::Tensor on_head_outputs(const LayerId&, const at::Tensor& outputs) override {
    return 2 * outputs;
  }
  std::vector<LayerId> seen;

 private:
  bool weights_;
};

AttentionResult attended() { return {.output = at::ones({1, 1, 2, 3}), .weights = at::ones({1})}; }

TEST(HookPoint, WithoutAHookReturnsTheResultUnchanged) {
  const auto given = attended();
  const auto result = HookPoint().run_hook(given, {});
  EXPECT_TRUE(result.output.is_same(given.output));
  EXPECT_TRUE(result.weights.is_same(given.weights));
  EXPECT_FALSE(HookPoint().wants_weights());
}

TEST(HookPoint, PassesWeightsOnRequestAndReturnsTheHooksOutputs) {
  const LayerId layer_id{.kind = AttentionKind::cross, .layer = 3};
  for (const bool weights : {true, false}) {
    Doubling hook(weights);
    const HookPoint hook_point{&hook, layer_id};
    EXPECT_EQ(hook_point.wants_weights(), weights);
    EXPECT_TRUE(hook_point.run_hook(attended(), {}).output.equal(at::full({1, 1, 2, 3}, 2.)));
    EXPECT_EQ(hook.seen.size(), weights ? 1U : 0U);
    if (weights) {
      EXPECT_EQ(hook.seen.front(), layer_id);
    }
  }
}

TEST(LayerIds, AreOrderedByKindAndThenByLayer) {
  const LayerId first{.kind = AttentionKind::encoder, .layer = 5};
  const LayerId second{.kind = AttentionKind::decoder, .layer = 0};
  EXPECT_LT(first, second);
  EXPECT_LT(second, (LayerId{.kind = AttentionKind::decoder, .layer = 1}));
}

}  // namespace
}  // namespace heed
