#include "models/transformer/transformer.h"

#include <ATen/core/grad_mode.h>

#include <gmock/gmock.h>

#include <cmath>

#include "models/attention/attention_mask.h"
#include "models/attention/attention_recorder.h"
#include "models/model_builder.h"
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
  for (const auto norm : {NormPlacement::pre, NormPlacement::post}) {
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

TEST(Transformer, WithoutTheCausalMaskLaterTokensMatter) {
  at::manual_seed(2);
  const auto model = make({.causal = false}, language_model());
  const auto tokens = random_tokens(1, 6);
  auto changed = tokens.clone();
  changed.select(1, 5) = (changed.select(1, 5) + 1) % vocabulary;
  EXPECT_FALSE(model->forward({.values = tokens})
                   .select(1, 0)
                   .equal(model->forward({.values = changed}).select(1, 0)));
}

TEST(Transformer, RecordingChangesNoOutputAndKeepsOneMapPerLayer) {
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
    for (const auto& [name, pooling] : enum_names<Pooling>) {
      const auto model = make({.pooling = pooling, .causal = causal}, classifier());
      const auto padded = model->forward({.values = tokens, .lengths = lengths});
      const auto alone = model->forward({.values = tokens.slice(0, 1).slice(1, 0, 5)});
      EXPECT_EQ(padded.sizes(), (std::vector<int64_t>{2, 3}));
      EXPECT_TRUE(close(padded.slice(0, 1), alone, 1e-12)) << name;
    }
  const auto model = make({.causal = false}, language_model());
  const auto padded = model->forward({.values = tokens, .lengths = lengths});
  const auto alone = model->forward({.values = tokens.slice(0, 1).slice(1, 0, 5)});
  EXPECT_TRUE(close(padded.slice(0, 1).slice(1, 0, 5), alone, 1e-12));
}

TEST(Transformer, PoolingReadsTheLastValidPositionOrTheMeanOfAll) {
  at::manual_seed(6);
  const auto tokens = random_tokens(1, 4);
  const auto last = make({.pooling = Pooling::last}, classifier());
  const auto same_prefix = at::cat({tokens, random_tokens(1, 2)}, 1);
  const auto of_four = last->forward({.values = tokens});
  EXPECT_TRUE(close(last->forward({.values = same_prefix, .lengths = at::tensor({4}, at::kLong)}),
                    of_four, 1e-12));
  const auto mean = make({.pooling = Pooling::mean}, classifier());
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
  EXPECT_EQ(state->numel(), model->state_size(20));
  EXPECT_EQ(model->state_size(20), model->state_size(16));
}

TEST(Transformer, AnAttentionWindowEvictsNothing) {
  TransformerOptions options{.position = "rotary"};
  options.attention.choose_pattern("local");
  const auto model = make(options, language_model());
  const auto state = model->initial_state(1);
  for (const auto& token : random_tokens(1, 40).unbind(1)) model->step(token, *state);
  EXPECT_EQ(state->numel(), 2 * 2 * 8 * 40);
  EXPECT_EQ(model->state_size(40), 2 * 2 * 8 * 40);
}

TEST(Transformer, WithoutFeedForwardNetworksItIsItsAttentionBlocks) {
  at::manual_seed(26);
  const auto model = make({.feed_forward = false, .position = "none"}, language_model());
  // No biases would be V D + L 4 D D + L D + D + V D; each has one too.
  EXPECT_EQ(model->parameter_count(), 11 * 8 + 2 * (4 * 64 + 4 * 8 + 2 * 8) + 2 * 8 + 11 * 8 + 11);
  for (const auto& parameter : model->named_parameters())
    EXPECT_EQ(parameter.key().find("feed_forward"), std::string::npos) << parameter.key();
  const SequenceInput input{.values = random_tokens(2, 9)};
  auto& encoder = dynamic_cast<EncoderImpl&>(*model->named_children()["encoder"]);
  auto hidden = model->embed(input);
  for (auto& layer : encoder.layers) {
    const auto normed = layer->attention_norm->forward(hidden);
    hidden = hidden + layer->attention->forward(normed, normed, normed, causal_mask(9, 9)).output;
  }
  const auto weights = model->named_parameters();
  const auto expected = at::linear(encoder.final_norm->forward(hidden), weights["output.weight"],
                                   weights["output.bias"]);
  EXPECT_TRUE(close(model->forward(input), expected, 1e-12));
  const auto state = model->initial_state(2);
  for (int64_t t = 0; t < 9; ++t)
    EXPECT_TRUE(close(model->step(input.values.select(1, t), *state), expected.select(1, t), 1e-12))
        << "position " << t;
}

TEST(Transformer, InitialWeightsAreScaledByTheNumberOfBlocks) {
  at::manual_seed(27);
  for (const bool feed_forward : {true, false}) {
    TransformerOptions options{.layers = 8, .d_model = 64, .feed_forward = feed_forward};
    const Transformer model(options, language_model());
    const auto weight = model.named_parameters()["encoder.layer0.attention.output_weight"];
    const double writes = feed_forward ? 16 : 8;
    EXPECT_NEAR(weight.std().item<double>() * 8 * std::sqrt(writes), 1, 0.1);
  }
}

TEST(Transformer, ATiedOutputSharesTheEmbeddingAndCountsItOnce) {
  const auto tied = make({.bias = false, .tied = true}, language_model());
  const auto separate = make({.bias = false, .tied = false}, language_model());
  EXPECT_EQ(separate->parameter_count() - tied->parameter_count(), vocabulary * 8);
}

TEST(Transformer, ATiedOutputNeedsAnOutputOfTokens) {
  EXPECT_THROW(make({.tied = true}, classifier()), OptionError);
}

TEST(Transformer, HasTheExpectedNumberOfParameters) {
  // No biases, tied: V D + max_length D + L (4 D D + 8 D D + 2 D) + D
  const auto model = make({.bias = false, .tied = true}, language_model());
  EXPECT_EQ(model->parameter_count(), 11 * 8 + 16 * 8 + 2 * (12 * 64 + 2 * 8) + 8);
}

TEST(Transformer, OptionsAreCheckedAsDescribed) {
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

TEST(Transformer, StepByStepGivesWhatOnePassGivesForEveryPositionAndPattern) {
  at::manual_seed(21);
  at::NoGradGuard guard;
  for (const auto& position : PositionRegistry::instance().names())
    for (const auto& pattern : PatternRegistry::instance().names()) {
      TransformerOptions options{.position = position};
      options.attention.choose_pattern(pattern);
      if (pattern == "matrix")
        options.attention.pattern->set_matrix(at::eye(16) + at::eye(16).roll(1, 0), true);
      const auto model = make(options, language_model());
      model->to(at::kFloat);
      const auto tokens = random_tokens(2, 16);
      const auto whole = model->forward({.values = tokens});
      const auto state = model->initial_state(2);
      for (int64_t t = 0; t < 16; ++t)
        EXPECT_TRUE(close(model->step(tokens.select(1, t), *state), whole.select(1, t), 1e-5))
            << position << ", " << pattern << ", position " << t;
    }
}

TEST(Transformer, RecordsStepByStepWhatOnePassRecords) {
  at::manual_seed(22);
  at::NoGradGuard guard;
  const auto model = make({}, language_model());
  const auto tokens = random_tokens(1, 7);
  AttentionRecorder whole, stepwise;
  model->forward({.values = tokens}, &whole);
  const auto state = model->initial_state(1);
  for (int64_t t = 0; t < 7; ++t) model->step(tokens.select(1, t), *state, &stepwise);
  EXPECT_TRUE(
      close(stepwise.stacked(AttentionKind::self), whole.stacked(AttentionKind::self), 1e-12));
}

TEST(Transformer, EvaluatesAtFourTimesTheTrainingLengthOrRefusesIt) {
  at::manual_seed(23);
  at::NoGradGuard guard;
  for (const auto& position : PositionRegistry::instance().names()) {
    const auto model = make({.position = position}, language_model());
    const SequenceInput longer{.values = random_tokens(1, 64)};
    if (position == "learned")
      EXPECT_THAT([&] { model->forward(longer); },
                  ::testing::ThrowsMessage<std::invalid_argument>(
                      ::testing::HasSubstr("made for 16 positions, got a sequence of 64")));
    else
      EXPECT_TRUE(model->forward(longer).isfinite().all().item<bool>()) << position;
  }
}

TEST(Transformer, ALocalWindowComputedInBlocksEqualsTheSameWindowAsAMask) {
  at::manual_seed(24);
  const auto with = [](bool sparse, bool causal, const std::string& position) {
    at::manual_seed(25);
    TransformerOptions options{.position = position, .causal = causal};
    options.attention.choose_pattern("local");
    OptionList list;
    options.attention.describe(list);
    *std::get<int64_t*>(list.find("window")->target) = 4;
    *std::get<bool*>(list.find("sparse")->target) = sparse;
    return make(options, language_model());
  };
  const SequenceInput input{.values = random_tokens(2, 14),
                            .lengths = at::tensor({14, 9}, at::kLong)};
  for (const bool causal : {false, true})
    for (const auto& position : PositionRegistry::instance().names()) {
      AttentionRecorder sparse, dense;
      const auto ours = with(true, causal, position)->forward(input, &sparse);
      const auto expected = with(false, causal, position)->forward(input, &dense);
      EXPECT_TRUE(close(ours[0], expected[0], 1e-12)) << position;
      EXPECT_TRUE(close(ours[1].narrow(0, 0, 9), expected[1].narrow(0, 0, 9), 1e-12)) << position;
      EXPECT_TRUE(close(sparse.stacked(AttentionKind::self).select(1, 0),
                        dense.stacked(AttentionKind::self).select(1, 0), 1e-12))
          << position;
    }
}

TEST(Transformer, RefusesOptionsThatDoNotFitTheTask) {
  auto next = language_model();
  next.context = SequenceShape::Context::causal;
  EXPECT_THAT([&] { Transformer({.causal = false}, next); },
              ::testing::ThrowsMessage<OptionError>(::testing::HasSubstr("could copy")));
  auto hidden = language_model();
  hidden.context = SequenceShape::Context::bidirectional;
  EXPECT_THAT([&] { Transformer({}, hidden); },
              ::testing::ThrowsMessage<OptionError>(::testing::HasSubstr("both sides")));
  auto translation = language_model();
  translation.source_vocabulary = 5;
  EXPECT_THAT([&] { Transformer({}, translation); },
              ::testing::ThrowsMessage<OptionError>(::testing::HasSubstr("encoder_decoder")));
}

TEST(Transformer, EachNormActivationAndCapStepsLikeOnePassAndSeesNothingLater) {
  at::manual_seed(31);
  const std::vector<TransformerOptions> choices = {{.norm_type = NormType::rms},
                                                   {.query_key_norm = true},
                                                   {.position = "rotary", .query_key_norm = true},
                                                   {.activation = Activation::squared_relu},
                                                   {.logit_softcap = 2}};
  for (size_t i = 0; i < choices.size(); ++i) {
    const auto plain = make({.position = choices[i].position}, language_model());
    const auto model = make(choices[i], language_model());
    const auto tokens = random_tokens(2, 9);
    const auto whole = model->forward({.values = tokens});
    const auto state = model->initial_state(2);
    for (int64_t t = 0; t < 9; ++t)
      EXPECT_TRUE(close(model->step(tokens.select(1, t), *state), whole.select(1, t), 1e-12))
          << "choice " << i << ", position " << t;
    auto changed = tokens.clone();
    changed.select(1, 5) = (changed.select(1, 5) + 1) % vocabulary;
    EXPECT_TRUE(model->forward({.values = changed}).narrow(1, 0, 5).equal(whole.narrow(1, 0, 5)));
    const at::NoGradGuard guard;
    for (const auto& parameter : plain->named_parameters())
      if (auto* same = model->named_parameters().find(parameter.key()))
        parameter.value().copy_(*same);
    EXPECT_FALSE(plain->forward({.values = tokens}).allclose(whole)) << "choice " << i;
  }
}

TEST(Transformer, ASoftcapBoundsTheLogits) {
  at::manual_seed(32);
  const auto capped = make({.logit_softcap = 0.7}, language_model());
  const auto plain = make({}, language_model());
  {
    at::NoGradGuard guard;
    const auto from = capped->parameters(), to = plain->parameters();
    for (size_t i = 0; i < to.size(); ++i) to[i].copy_(from[i]);
  }
  const SequenceInput input{.values = random_tokens(2, 9)};
  const auto expected = 0.7 * at::tanh(plain->forward(input) / 0.7);
  EXPECT_TRUE(close(capped->forward(input), expected, 1e-12));
}

TEST(Transformer, ZeroOutputsStartUniformAndCanLearn) {
  at::manual_seed(33);
  TransformerOptions options{.init_output = OutputInit::zero};
  Transformer model(options, language_model());
  const SequenceInput input{.values = random_tokens(2, 9)};
  const auto output = model.forward(input);
  EXPECT_TRUE(output.equal(at::zeros_like(output)));
  for (const auto& parameter : model.named_parameters()) {
    const auto& name = parameter.key();
    const bool zero = name == "output.weight" || name.ends_with("attention.output_weight") ||
                      name.ends_with("outer.weight") || name.ends_with("bias");
    EXPECT_EQ(parameter.value().any().item<bool>(), !zero) << name;
  }
  weighed_sum(output).backward();
  EXPECT_TRUE(model.named_parameters()["output.weight"].grad().any().item<bool>());
  options.tied = true;
  EXPECT_TRUE(Transformer(options, language_model()).forward(input).any().item<bool>());
}

TEST(Transformer, AnEvictionStrideReadsTheRestOfTheWindowAgain) {
  at::manual_seed(1);
  const at::NoGradGuard guard;
  const auto model = make({.position = "learned"}, language_model());  // 16 positions
  const auto tokens = random_tokens(2, 30);
  for (const int64_t leaving : {1, 5, 16}) {
    const auto state = model->initial_state(2);
    state->set_eviction_stride(leaving);
    int64_t start = 0;  // of what is still seen
    for (int64_t t = 0; t < tokens.size(1); ++t) {
      if (t + 1 - start > 16) start += leaving;
      const auto answer = model->step(tokens.select(1, t), *state);
      const auto seen = tokens.slice(1, start, t + 1);
      EXPECT_TRUE(close(answer, model->forward({.values = seen}).select(1, -1), output_tolerance))
          << leaving << " leave together, token " << t;
    }
  }
}

}  // namespace
}  // namespace heed
