#include "models/sequence_model.h"

#include <ATen/core/grad_mode.h>

#include <gtest/gtest.h>

#include "models/model_builder.h"
#include "tests/models/closeness.h"
#include "tests/models/tiny_model.h"

namespace heed {
namespace {

class Counted : public SequenceModel {
 public:
  Counted() {
    shared_ = register_parameter("first", at::zeros({3, 4}));
    register_parameter("second", at::zeros({5}));
    register_buffer("not trained", at::zeros({7}));
  }
  at::Tensor forward(const SequenceInput&, AttentionHook*) override { return shared_; }
  at::Tensor step(const at::Tensor&, SequenceState&, AttentionHook*) override { return shared_; }
  bool generates() const override { return false; }
  bool has_attention() const override { return false; }

 private:
  at::Tensor shared_;
};

TEST(SequenceModel, CountsTrainedNumbers) { EXPECT_EQ(Counted().parameter_count(), 17); }

TEST(SequenceModel, UnsupportedMethodsThrow) {
  Counted model;
  std::vector<at::Tensor> states;
  EXPECT_THROW(model.embed({}), std::logic_error);
  EXPECT_THROW(model.forward_embedded({}, {}), std::logic_error);
  EXPECT_THROW(model.forward_through_states({}, {}, states), std::logic_error);
  EXPECT_THROW(model.state_size(1), std::logic_error);
  EXPECT_FALSE(model.has_hidden_state());
}

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

TEST(SequenceModel, ReturnsTheTypeOfItsParameters) {
  for (const auto& kind : ModelRegistry::instance().names()) {
    const auto model = build(kind, {.vocabulary = 5, .output_width = 5, .max_length = 4});
    if (!model) continue;  // it reads a source
    EXPECT_EQ(model->tensor_options().dtype(), at::kFloat) << kind;
    model->to(at::kDouble);
    EXPECT_EQ(model->tensor_options().dtype(), at::kDouble) << kind;
  }
}

TEST(ModelRegistry, EveryKindBuildsForEachShapeAndReturnsIt) {
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

bool reads_source(const std::string& kind) { return kind.ends_with("encoder_decoder"); }

SequenceInput random_input_for(const std::string& kind, int64_t batch, int64_t length) {
  const auto tokens = [&] { return at::randint(tiny_vocabulary, {batch, length}, at::kLong); };
  return {.values = tokens(), .source = reads_source(kind) ? tokens() : at::Tensor()};
}

TEST(ModelRegistry, EveryKindEqualsForwardFromItsEmbedding) {
  at::manual_seed(1);
  for (const auto& kind : ModelRegistry::instance().names()) {
    const auto model = tiny_model(kind, {{"dropout", 0.5}});
    const auto input = random_input_for(kind, 2, 6);
    const auto embedded = model->embed(input);
    ASSERT_EQ(embedded.sizes(), (std::vector<int64_t>{2, 6, tiny_width})) << kind;
    const auto weight = reads_source(kind) ? "source_embedding.weight" : "token_embedding.weight";
    const auto expected = at::embedding(model->named_parameters()[weight],
                                        reads_source(kind) ? input.source : input.values);
    EXPECT_TRUE(embedded.equal(expected)) << kind;
    EXPECT_TRUE(model->forward_embedded(embedded, input).equal(model->forward(input))) << kind;
    EXPECT_FALSE(model->forward_embedded(embedded * 2, input).equal(model->forward(input))) << kind;
    model->train();
    EXPECT_TRUE(model->embed(input).equal(expected)) << kind;
    EXPECT_FALSE(model->forward(input).equal(model->forward(input))) << kind;
  }
}

TEST(ModelRegistry, EveryKindWithAHiddenStateCanBeRunThroughIt) {
  at::manual_seed(2);
  for (const auto& kind : ModelRegistry::instance().names()) {
    const auto model = tiny_model(kind);
    EXPECT_EQ(model->has_hidden_state(),
              kind.find("transformer") == std::string::npos && kind != "encoder_decoder")
        << kind;
    if (!model->has_hidden_state()) continue;
    auto input = random_input_for(kind, 3, 6);
    const auto lengths = at::tensor({6, 2, 4}, at::kLong);
    (reads_source(kind) ? input.source_lengths : input.lengths) = lengths;
    std::vector<at::Tensor> states;
    const auto through = model->forward_through_states(model->embed(input), input, states);
    EXPECT_TRUE(close(through, model->forward(input), 1e-12)) << kind;
    ASSERT_EQ(states.size(), 6U);
    const int64_t parts = kind.starts_with("lstm") ? 2 : 1;
    EXPECT_EQ(states[0].sizes(), (std::vector<int64_t>{3, parts * tiny_layers * tiny_width}));
  }
}

TEST(ModelRegistry, StateSizeEqualsTheSizeOfTheState) {
  at::manual_seed(3);
  const at::NoGradGuard no_grad;
  for (const auto& kind : ModelRegistry::instance().names())
    for (const int64_t length : {1, 5}) {
      const auto model = tiny_model(kind);
      const auto input = random_input_for(kind, 3, length);
      const auto state = reads_source(kind) ? model->read_source(input) : model->initial_state(3);
      for (int64_t t = 0; t < length; ++t) model->step(input.values.select(1, t), *state);
      EXPECT_EQ(state->numel(), 3 * model->state_size(length)) << kind << ", " << length;
      state->select(at::tensor({2, 0}, at::kLong));
      EXPECT_EQ(state->numel(), 2 * model->state_size(length)) << kind << ", " << length;
    }
}

TEST(ModelRegistry, StateSizesHaveTheExpectedValues) {
  const int64_t layers = tiny_layers, width = tiny_width, length = 5;
  const auto carried = [](const std::string& kind, const TinyOptions& options = {}) {
    return tiny_model(kind, options)->state_size(length);
  };
  EXPECT_EQ(carried("tanh"), layers * width);
  EXPECT_EQ(carried("gru"), layers * width);
  EXPECT_EQ(carried("lstm"), 2 * layers * width);
  // Keys and values; after a source also its own, and the encoder's output.
  EXPECT_EQ(carried("transformer"), 2 * layers * width * length);
  EXPECT_EQ(carried("encoder_decoder"), 4 * layers * width * length + width * length);
  const auto context = [](const std::string& name) { return TinyOptions{{"context", name}}; };
  for (const std::string cell : {"gru", "lstm"}) {
    const auto kind = cell + "_encoder_decoder";
    EXPECT_EQ(carried(kind, context("fixed")), carried(cell) + width);
    EXPECT_EQ(carried(kind, context("dot")), carried(cell) + width * length);
    EXPECT_EQ(carried(kind, context("additive")), carried(cell) + 2 * width * length);
  }
}

TEST(ModelRegistry, StateSizesDependOnTheContextOfARecurrentDecoder) {
  at::manual_seed(4);
  const at::NoGradGuard no_grad;
  for (const std::string context : {"fixed", "dot", "additive"}) {
    const auto model = tiny_model("gru_encoder_decoder", {{"context", context}});
    const auto input = random_input_for("gru_encoder_decoder", 2, 5);
    const auto state = model->read_source(input);
    model->step(input.values.select(1, 0), *state);
    EXPECT_EQ(state->numel(), 2 * model->state_size(5)) << context;
    state->select(at::tensor({1}, at::kLong));
    EXPECT_EQ(state->numel(), model->state_size(5)) << context;
  }
}

}  // namespace
}  // namespace heed
