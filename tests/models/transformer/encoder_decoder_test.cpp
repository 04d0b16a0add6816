#include "models/transformer/encoder_decoder.h"

#include <ATen/core/grad_mode.h>

#include <gmock/gmock.h>

#include "models/attention/attention_recorder.h"
#include "tests/models/closeness.h"

namespace heed {
namespace {

constexpr int64_t source_words = 9, words = 7;

SequenceShape translation() {
  return {.vocabulary = words,
          .context = SequenceShape::Context::causal,
          .output_width = words,
          .max_length = 12,
          .source_vocabulary = source_words,
          .max_source_length = 12};
}

TransformerOptions small() {
  TransformerOptions options;
  options.layers = 2;
  options.heads = 2;
  options.d_model = 8;
  options.position = "sinusoidal";
  return options;
}

std::shared_ptr<EncoderDecoder> make(const TransformerOptions& options,
                                     at::ScalarType type = at::kDouble) {
  auto model = std::make_shared<EncoderDecoder>(options, translation());
  model->to(type);
  at::NoGradGuard guard;
  for (auto& parameter : model->parameters())
    if (parameter.dim() == 2) parameter.normal_(0, 0.5);
  model->eval();
  return model;
}

SequenceInput random_pairs(int64_t batch, int64_t length, int64_t source_length) {
  return {.values = at::randint(words, {batch, length}, at::kLong),
          .source = at::randint(source_words, {batch, source_length}, at::kLong)};
}

TEST(EncoderDecoder, ALaterTokenChangesNoEarlierAnswerAndEachSourceTokenChangesAll) {
  at::manual_seed(1);
  at::NoGradGuard guard;
  const auto model = make(small());
  const auto input = random_pairs(2, 6, 5);
  const auto before = model->forward(input);
  auto later = input;
  later.values = input.values.clone();
  later.values.select(1, 4) = (later.values.select(1, 4) + 1) % words;
  EXPECT_TRUE(model->forward(later).narrow(1, 0, 4).equal(before.narrow(1, 0, 4)));
  EXPECT_FALSE(model->forward(later).select(1, 4).equal(before.select(1, 4)));
  auto other = input;
  other.source = input.source.clone();
  other.source.select(1, 4) = (other.source.select(1, 4) + 1) % source_words;
  EXPECT_FALSE(model->forward(other).select(1, 0).equal(before.select(1, 0)));
}

TEST(EncoderDecoder, PaddingOnEitherSideChangesNothing) {
  at::manual_seed(2);
  at::NoGradGuard guard;
  for (const auto& position : PositionRegistry::instance().names())
    for (const auto& pattern : {"full", "local", "strided", "global"}) {
      auto options = small();
      options.position = position;
      options.attention.choose_pattern(pattern);
      const auto model = make(options);
      const auto input = random_pairs(1, 4, 5);
      auto padded = random_pairs(1, 7, 9);
      padded.values.narrow(1, 0, 4).copy_(input.values);
      padded.source.narrow(1, 0, 5).copy_(input.source);
      padded.lengths = at::tensor({4}, at::kLong);
      padded.source_lengths = at::tensor({5}, at::kLong);
      EXPECT_TRUE(close(model->forward(padded).narrow(1, 0, 4), model->forward(input), 1e-12))
          << position << ", " << pattern;
    }
}

TEST(EncoderDecoder, StepByStepGivesWhatOnePassGivesForEveryPositionAndPattern) {
  at::manual_seed(3);
  at::NoGradGuard guard;
  for (const auto& position : PositionRegistry::instance().names())
    for (const auto& pattern : PatternRegistry::instance().names()) {
      auto options = small();
      options.position = position;
      options.attention.choose_pattern(pattern);
      if (pattern == "matrix")
        options.attention.pattern->set_matrix(
            (at::rand({12, 12}) > 0.5).logical_or(at::eye(12).to(at::kBool)).to(at::kDouble), true);
      const auto model = make(options, at::kFloat);
      auto input = random_pairs(3, 9, 6);
      input.source_lengths = at::tensor({6, 2, 4}, at::kLong);
      const auto whole = model->forward(input);
      const auto state = model->read_source(input);
      for (int64_t t = 0; t < 9; ++t)
        EXPECT_TRUE(close(model->step(input.values.select(1, t), *state), whole.select(1, t), 1e-5))
            << position << ", " << pattern << ", position " << t;
    }
}

TEST(EncoderDecoder, EachNormActivationAndCapStepsLikeOnePass) {
  at::manual_seed(31);
  auto options = small();
  options.activation = Activation::squared_relu;
  options.norm_type = NormType::rms;
  options.query_key_norm = true;
  options.logit_softcap = 2;
  const auto model = make(options);
  const auto input = random_pairs(3, 9, 6);
  const auto whole = model->forward(input);
  EXPECT_LT(whole.abs().max().item<double>(), 2);
  const auto state = model->read_source(input);
  for (int64_t t = 0; t < 9; ++t)
    EXPECT_TRUE(close(model->step(input.values.select(1, t), *state), whole.select(1, t), 1e-12))
        << "position " << t;
}

TEST(EncoderDecoder, SelectedRowsContinueUnchanged) {
  at::manual_seed(4);
  at::NoGradGuard guard;
  const auto model = make(small());
  auto input = random_pairs(3, 4, 6);
  input.source_lengths = at::tensor({6, 2, 4}, at::kLong);
  const auto whole = model->forward(input);
  const auto state = model->read_source(input);
  model->step(input.values.select(1, 0), *state);
  const auto rows = at::tensor({2, 0, 2}, at::kLong);
  state->select(rows);
  const auto output = model->step(input.values.select(1, 1).index_select(0, rows), *state);
  EXPECT_TRUE(close(output, whole.select(1, 1).index_select(0, rows), 1e-12));
}

TEST(EncoderDecoder, RecordsEncoderDecoderAndCrossMapsWhoseRowsSumToOne) {
  at::manual_seed(5);
  at::NoGradGuard guard;
  const auto model = make(small());
  auto input = random_pairs(2, 4, 6);
  input.source_lengths = at::tensor({6, 3}, at::kLong);
  AttentionRecorder recorder;
  model->forward(input, &recorder);
  EXPECT_THAT(
      recorder.kinds(),
      ::testing::ElementsAre(AttentionKind::encoder, AttentionKind::decoder, AttentionKind::cross));
  const auto cross = recorder.stacked(AttentionKind::cross);
  EXPECT_EQ(cross.sizes(), (std::vector<int64_t>{2, 2, 2, 4, 6}));
  EXPECT_TRUE(close(cross.sum(-1), at::ones({2, 2, 2, 4}), 1e-12));
  EXPECT_TRUE(cross.select(1, 1).narrow(-1, 3, 3).eq(0).all().item<bool>());
  EXPECT_TRUE(recorder.stacked(AttentionKind::decoder).triu(1).eq(0).all().item<bool>());

  AttentionRecorder stepwise;
  const auto state = model->read_source(input, &stepwise);
  for (int64_t t = 0; t < 4; ++t) model->step(input.values.select(1, t), *state, &stepwise);
  for (const auto kind : recorder.kinds())
    EXPECT_TRUE(close(stepwise.stacked(kind), recorder.stacked(kind), 1e-12)) << to_string(kind);
}

TEST(EncoderDecoder, EveryWeightLearns) {
  at::manual_seed(6);
  const auto model = make(small());
  model->train();
  weighed_sum(model->forward(random_pairs(2, 4, 6))).backward();
  for (const auto& parameter : model->named_parameters()) {
    ASSERT_TRUE(parameter.value().grad().defined()) << parameter.key();
    const double largest = parameter.value().grad().abs().max().item<double>();
    // A bias of all keys shifts each row's scores alike, which the softmax does not see; it shares
    // its tensor with the others'.
    EXPECT_GT(largest, 0) << parameter.key();
  }
}

TEST(EncoderDecoder, RefusesATaskWithoutASourceAndSuggestsAnotherKind) {
  auto shape = translation();
  shape.source_vocabulary = 0;
  EXPECT_THAT([&] { EncoderDecoder(small(), shape); },
              ::testing::ThrowsMessage<OptionError>(::testing::HasSubstr("such as transformer")));
}

}  // namespace
}  // namespace heed
