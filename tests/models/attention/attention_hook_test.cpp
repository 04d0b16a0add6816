#include "models/attention/attention_hook.h"

#include <gtest/gtest.h>

#include <vector>

namespace heed {
namespace {

/// Counts what it is shown, and doubles what heads give.
class Doubling : public AttentionProbe {
 public:
  explicit Doubling(bool weights) : weights_(weights) {}
  bool wants_weights() const override { return weights_; }
  void on_weights(const AttentionPlace& place, const at::Tensor&, const AttentionScope&) override {
    seen.push_back(place);
  }
  at::Tensor on_outputs(const AttentionPlace&, const at::Tensor& outputs) override {
    return 2 * outputs;
  }
  std::vector<AttentionPlace> seen;

 private:
  bool weights_;
};

AttentionResult attended() { return {.output = at::ones({1, 1, 2, 3}), .weights = at::ones({1})}; }

TEST(AttentionSite, WithoutAProbePassesOnWhatWasAttended) {
  const auto given = attended();
  const auto shown = AttentionSite().shown(given, {});
  EXPECT_TRUE(shown.output.is_same(given.output));
  EXPECT_TRUE(shown.weights.is_same(given.weights));
  EXPECT_FALSE(AttentionSite().wants_weights());
}

TEST(AttentionSite, ShowsWeightsToWhoWantsThemAndPassesOnWhatTheProbeMakesOfTheOutputs) {
  const AttentionPlace place{.kind = AttentionKind::cross, .layer = 3};
  for (const bool weights : {true, false}) {
    Doubling probe(weights);
    const AttentionSite site{&probe, place};
    EXPECT_EQ(site.wants_weights(), weights);
    EXPECT_TRUE(site.shown(attended(), {}).output.equal(at::full({1, 1, 2, 3}, 2.)));
    EXPECT_EQ(probe.seen.size(), weights ? 1U : 0U);
    if (weights) {
      EXPECT_EQ(probe.seen.front(), place);
    }
  }
}

TEST(AttentionPlaces, AreOrderedByKindAndThenByLayer) {
  const AttentionPlace first{.kind = AttentionKind::encoder, .layer = 5};
  const AttentionPlace second{.kind = AttentionKind::decoder, .layer = 0};
  EXPECT_LT(first, second);
  EXPECT_LT(second, (AttentionPlace{.kind = AttentionKind::decoder, .layer = 1}));
}

}  // namespace
}  // namespace heed
