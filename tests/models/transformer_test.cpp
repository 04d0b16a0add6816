#include "models/transformer.h"

#include <gmock/gmock.h>

#include "models/attention_recorder.h"
#include "tests/models/closeness.h"

namespace heed {
namespace {

constexpr int64_t vocabulary = 11;

SequenceShape language_model() {
  return {.vocabulary = vocabulary, .output_width = vocabulary, .max_length = 16};
}

SequenceShape classifier(int64_t channels = 0) {
  return {.vocabulary = channels > 0 ? 0 : vocabulary,
          .channels = channels,
          .output = SequenceShape::Output::per_sequence,
          .output_width = 3,
          .max_length = 16};
}

std::shared_ptr<Transformer> make(TransformerOptions options, const SequenceShape& shape) {
  options.layers = 2;
  options.heads = 2;
  options.d_model = 8;
  auto model = std::make_shared<Transformer>(options, shape);
  model->to(at::kDouble);
  // Away from the small initial weights, at which all attention is nearly uniform.
  at::NoGradGuard guard;
  for (auto& parameter : model->parameters())
    if (parameter.dim() == 2) parameter.normal_(0, 0.5);
  model->eval();
  return model;
}

at::Tensor random_tokens(int64_t batch, int64_t length) {
  return at::randint(vocabulary, {batch, length}, at::kLong);
}

TEST(Transformer, ChangingALaterTokenChangesNoEarlierOutput) {
  at::manual_seed(1);
  for (const std::string norm : {"pre", "post"}) {
    const auto model = make({.norm = norm}, language_model());
    const auto tokens = random_tokens(2, 10);
    auto changed = tokens.clone();
    changed.select(1, 6) = (changed.select(1, 6) + 1) % vocabulary;
    const auto before = model->forward({.values = tokens});
    const auto after = model->forward({.values = changed});
    EXPECT_TRUE(before.narrow(1, 0, 6).equal(after.narrow(1, 0, 6)));
    EXPECT_FALSE(before.select(1, 6).equal(after.select(1, 6)));
  }
}

TEST(Transformer, WithoutTheCausalMaskLaterTokensDoMatter) {
  at::manual_seed(2);
  const auto model = make({.causal = false}, language_model());
  const auto tokens = random_tokens(1, 6);
  auto changed = tokens.clone();
  changed.select(1, 5) = (changed.select(1, 5) + 1) % vocabulary;
  EXPECT_FALSE(model->forward({.values = tokens})
                   .select(1, 0)
                   .equal(model->forward({.values = changed}).select(1, 0)));
}

TEST(Transformer, RecordingChangesNoOutputAndKeepsOneMapALayer) {
  at::manual_seed(3);
  const auto model = make({}, language_model());
  const auto tokens = random_tokens(3, 9);
  AttentionRecorder recorder;
  const auto recorded = model->forward({.values = tokens}, &recorder);
  EXPECT_TRUE(recorded.equal(model->forward({.values = tokens})));
  const auto maps = recorder.stacked(AttentionKind::self);
  EXPECT_EQ(maps.sizes(), (std::vector<int64_t>{2, 3, 2, 9, 9}));
  EXPECT_TRUE(close(maps.sum(-1), at::ones({2, 3, 2, 9}), 1e-12));
  EXPECT_EQ(maps.triu(1).abs().max().item<double>(), 0);
}

TEST(Transformer, RecordedMapsAreThoseBeforeDropout) {
  at::manual_seed(4);
  const auto model = make({.dropout = 0.5}, language_model());
  model->train();
  AttentionRecorder recorder;
  model->forward({.values = random_tokens(1, 9)}, &recorder);
  EXPECT_TRUE(close(recorder.records()[0].weights.sum(-1), at::ones({1, 2, 9}), 1e-12));
}

TEST(Transformer, PaddedEqualsUnpaddedForBothUses) {
  at::manual_seed(5);
  const auto tokens = random_tokens(2, 9);
  const auto lengths = at::tensor({9, 5}, at::kLong);
  for (const bool causal : {true, false})
    for (const std::string pooling : {"last", "mean"}) {
      const auto model = make({.pooling = pooling, .causal = causal}, classifier());
      const auto padded = model->forward({.values = tokens, .lengths = lengths});
      const auto alone = model->forward({.values = tokens.slice(0, 1).slice(1, 0, 5)});
      EXPECT_EQ(padded.sizes(), (std::vector<int64_t>{2, 3}));
      EXPECT_TRUE(close(padded.slice(0, 1), alone, 1e-12)) << pooling;
    }
  const auto model = make({.causal = false}, language_model());
  const auto padded = model->forward({.values = tokens, .lengths = lengths});
  const auto alone = model->forward({.values = tokens.slice(0, 1).slice(1, 0, 5)});
  EXPECT_TRUE(close(padded.slice(0, 1).slice(1, 0, 5), alone, 1e-12));
}

TEST(Transformer, PoolingReadsTheLastValidPositionOrTheMeanOfAll) {
  at::manual_seed(6);
  const auto tokens = random_tokens(1, 4);
  const auto last = make({.pooling = "last"}, classifier());
  const auto same_prefix = at::cat({tokens, random_tokens(1, 2)}, 1);
  const auto of_four = last->forward({.values = tokens});
  EXPECT_TRUE(close(last->forward({.values = same_prefix, .lengths = at::tensor({4}, at::kLong)}),
                    of_four, 1e-12));
  const auto mean = make({.pooling = "mean"}, classifier());
  EXPECT_EQ(mean->forward({.values = tokens}).sizes(), (std::vector<int64_t>{1, 3}));
}

TEST(Transformer, ReadsContinuousInputToo) {
  const auto model = make({}, classifier(2));
  const auto output = model->forward({.values = at::randn({3, 7, 2}, at::kDouble)});
  EXPECT_EQ(output.sizes(), (std::vector<int64_t>{3, 3}));
}

TEST(Transformer, SteppingEqualsOnePassForEachKindOfPosition) {
  at::manual_seed(7);
  const auto tokens = random_tokens(2, 16);
  for (const auto& position : PositionRegistry::instance().names()) {
    const auto model = make({.position = position}, language_model());
    const auto whole = model->forward({.values = tokens});
    const auto state = model->initial_state(2);
    for (int64_t t = 0; t < 16; ++t)
      ASSERT_TRUE(close(model->step(tokens.select(1, t), *state), whole.select(1, t), 1e-12))
          << position << ", position " << t;
  }
}

TEST(Transformer, SteppingBeyondLearnedPositionsSlidesTheWindow) {
  at::manual_seed(8);
  const auto model = make({.position = "learned"}, language_model());  // 16 positions
  const auto tokens = random_tokens(1, 20);
  const auto state = model->initial_state(1);
  at::Tensor last;
  for (int64_t t = 0; t < 20; ++t) last = model->step(tokens.select(1, t), *state);
  const auto window = model->forward({.values = tokens.slice(1, 4)});
  EXPECT_TRUE(close(last, window.select(1, -1), 1e-12));
}

TEST(Transformer, ATiedOutputSharesTheEmbeddingAndCountsItOnce) {
  const auto tied = make({.bias = false, .tied = true}, language_model());
  const auto separate = make({.bias = false, .tied = false}, language_model());
  EXPECT_EQ(separate->parameter_count() - tied->parameter_count(), vocabulary * 8);
}

TEST(Transformer, ATiedOutputNeedsAnOutputOfTokens) {
  EXPECT_THROW(make({.tied = true}, classifier()), OptionError);
}

TEST(Transformer, ItsParametersAreThoseOneCountsByHand) {
  // No biases, tied: V D + max_length D + L (4 D D + 8 D D + 2 D) + D
  const auto model = make({.bias = false, .tied = true}, language_model());
  EXPECT_EQ(model->parameter_count(), 11 * 8 + 16 * 8 + 2 * (12 * 64 + 2 * 8) + 8);
}

TEST(Transformer, ItsOptionsAreCheckedAsTheyAreDescribed) {
  const auto builder = ModelRegistry::instance().make("transformer");
  OptionList list;
  builder->describe(list);
  *std::get<int64_t*>(list.find("d_model")->target) = 10;
  *std::get<int64_t*>(list.find("heads")->target) = 3;
  EXPECT_THAT([&] { builder->check(); }, ::testing::ThrowsMessage<OptionError>(
                                             ::testing::HasSubstr("divisor of d_model = 10")));
  *std::get<int64_t*>(list.find("layers")->target) = 0;
  EXPECT_THROW(list.find("layers")->check(), OptionError);
  *std::get<std::string*>(list.find("position")->target) = "magnetic";
  EXPECT_THAT([&] { list.find("position")->check(); },
              ::testing::ThrowsMessage<OptionError>(::testing::HasSubstr("sinusoidal")));
}

}  // namespace
}  // namespace heed
