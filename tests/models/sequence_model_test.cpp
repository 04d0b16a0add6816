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
  at::Tensor step(const at::Tensor&, SequenceState&, AttentionRecorder*) override {
    return shared_;
  }
  bool generates() const override { return false; }
  bool has_attention() const override { return false; }

 private:
  at::Tensor shared_;
};

TEST(SequenceModel, CountsWhatIsTrained) { EXPECT_EQ(Counted().parameter_count(), 17); }

/// A shape that a model of the kind can be built for, or nothing: with a source or without.
std::shared_ptr<SequenceModel> build(const std::string& kind, SequenceShape shape) {
  const auto builder = ModelRegistry::instance().make(kind);
  try {
    return builder->build(shape);
  } catch (const OptionError& error) {
    EXPECT_EQ(error.option(), "kind") << kind << ": " << error.what();
    return nullptr;
  }
}

TEST(ModelRegistry, EveryKindBuildsForEveryUseOfItsSortAndAnswersInItsShape) {
  const at::Tensor tokens = at::zeros({2, 6}, at::kLong), numbers = at::zeros({2, 6, 3});
  for (const auto& kind : ModelRegistry::instance().names()) {
    int64_t built = 0;
    for (const bool source : {false, true})
      for (const bool continuous : {false, true})
        for (const auto output :
             {SequenceShape::Output::per_position, SequenceShape::Output::per_sequence}) {
          const bool every = output == SequenceShape::Output::per_position;
          if (source && (continuous || !every)) continue;  // a source is put into tokens
          const auto model = build(kind, {.vocabulary = continuous ? 0 : 5,
                                          .channels = continuous ? 3 : 0,
                                          .output = output,
                                          .output_width = source ? 5 : 4,
                                          .max_length = 6,
                                          .source_vocabulary = source ? 4 : 0,
                                          .max_source_length = source ? 6 : 0});
          if (!model) continue;
          ++built;
          const auto answer =
              model->forward({.values = continuous ? numbers : tokens, .source = tokens});
          EXPECT_EQ(answer.sizes(), every ? (std::vector<int64_t>{2, 6, source ? 5 : 4})
                                          : (std::vector<int64_t>{2, 4}))
              << kind;
        }
    EXPECT_EQ(built, kind.ends_with("encoder_decoder") ? 1 : 4) << kind;
  }
}

}  // namespace
}  // namespace heed
