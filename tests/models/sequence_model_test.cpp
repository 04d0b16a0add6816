#include "models/sequence_model.h"

#include <gtest/gtest.h>

namespace heed {
namespace {

class Counted : public SequenceModel {
 public:
  Counted() {
    shared_ = register_parameter("first", at::zeros({3, 4}));
    register_parameter("second", at::zeros({5}));
    register_buffer("not trained", at::zeros({7}));
  }
  at::Tensor forward(const SequenceInput&, AttentionRecorder*) override { return shared_; }
  std::unique_ptr<SequenceState> initial_state(int64_t) const override { return nullptr; }
  at::Tensor step(const at::Tensor&, SequenceState&) override { return shared_; }
  bool has_attention() const override { return false; }

 private:
  at::Tensor shared_;
};

TEST(SequenceModel, CountsWhatIsTrained) { EXPECT_EQ(Counted().parameter_count(), 17); }

TEST(ModelRegistry, EveryKindBuildsForEveryUseAndAnswersInItsShape) {
  const at::Tensor tokens = at::zeros({2, 6}, at::kLong), numbers = at::zeros({2, 6, 3});
  for (const auto& kind : ModelRegistry::instance().names())
    for (const bool continuous : {false, true})
      for (const auto output :
           {SequenceShape::Output::per_position, SequenceShape::Output::per_sequence}) {
        const SequenceShape shape{.vocabulary = continuous ? 0 : 5,
                                  .channels = continuous ? 3 : 0,
                                  .output = output,
                                  .output_width = 4,
                                  .max_length = 6};
        const auto model = ModelRegistry::instance().make(kind)->build(shape);
        const auto answer = model->forward({.values = continuous ? numbers : tokens});
        const bool every = output == SequenceShape::Output::per_position;
        EXPECT_EQ(answer.sizes(),
                  every ? (std::vector<int64_t>{2, 6, 4}) : (std::vector<int64_t>{2, 4}))
            << kind;
      }
}

}  // namespace
}  // namespace heed
