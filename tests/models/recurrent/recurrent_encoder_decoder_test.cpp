#include <torch/serialize/input-archive.h>  // ahead of LibTorch's optimizers
#include <torch/serialize/output-archive.h>

#include "models/recurrent/recurrent_encoder_decoder.h"

#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <gmock/gmock.h>
#include <torch/autograd.h>
#include <torch/optim/adam.h>

#include <cmath>
#include <tuple>

#include "models/attention/attention_mask.h"
#include "models/attention/attention_recorder.h"
#include "models/model_builder.h"
#include "tests/models/closeness.h"

namespace heed {
namespace {

using Options = RecurrentEncoderDecoderOptions;
constexpr int64_t source_vocabulary = 7, vocabulary = 9;

SequenceShape translation() {
  return {.vocabulary = vocabulary,
          .output_width = vocabulary,
          .max_length = 8,
          .source_vocabulary = source_vocabulary,
          .max_source_length = 8};
}

std::shared_ptr<RecurrentEncoderDecoder> make_encoder_decoder(
    CellKind cell, const Options& options, const SequenceShape& shape = translation()) {
  auto model = std::make_shared<RecurrentEncoderDecoder>(cell, options, shape);
  model->to(at::kDouble);
  return model;
}

SequenceInput random_example(int64_t batch, int64_t source_length, int64_t length) {
  return {.values = at::randint(vocabulary, {batch, length}, at::kLong),
          .source = at::randint(source_vocabulary, {batch, source_length}, at::kLong)};
}

at::Tensor integers(std::initializer_list<int64_t> numbers) {
  return at::tensor(std::vector<int64_t>(numbers), at::kLong);
}

/// The logits of one step after the other, [B, T, O].
at::Tensor stepped(SequenceModel& model, const SequenceInput& input,
                   AttentionHook* recorder = nullptr) {
  const auto state =
      model.read_source({.source = input.source, .source_lengths = input.source_lengths});
  std::vector<at::Tensor> logits;
  for (const auto& tokens : input.values.unbind(1))
    logits.push_back(model.step(tokens, *state, recorder));
  return at::stack(logits, 1);
}

using Kind = std::tuple<CellKind, SourceContext>;  // and context

class EncoderDecoderOf : public ::testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    at::manual_seed(1);
    at::set_num_threads(1);  // beside other tests, threads that wait for each other take minutes
  }
  static CellKind cell() { return std::get<0>(GetParam()); }
  static SourceContext context() { return std::get<1>(GetParam()); }
  static Options two_layers() { return {.layers = 2, .d_model = 8, .context = context()}; }
};

std::string cell_name(CellKind cell) {
  return cell == CellKind::tanh ? "tanh" : cell == CellKind::gru ? "gru" : "lstm";
}

INSTANTIATE_TEST_SUITE_P(
    EachKind, EncoderDecoderOf,
    ::testing::Combine(::testing::Values(CellKind::tanh, CellKind::gru, CellKind::lstm),
                       ::testing::Values(SourceContext::fixed, SourceContext::additive,
                                         SourceContext::dot)),
    [](const ::testing::TestParamInfo<Kind>& kind) {
      return cell_name(std::get<0>(kind.param)) + "_" + enum_name(std::get<1>(kind.param));
    });

TEST_P(EncoderDecoderOf, SteppingEqualsOnePass) {
  for (const bool tied : {false, true}) {
    auto options = two_layers();
    options.tied = tied;
    const auto model = make_encoder_decoder(cell(), options);
    auto input = random_example(3, 6, 10);  // longer than training will show
    input.source_lengths = integers({6, 2, 4});
    const auto whole = model->forward(input);
    EXPECT_EQ(whole.sizes(), (std::vector<int64_t>{3, 10, vocabulary}));
    EXPECT_TRUE(close(stepped(*model, input), whole, 1e-10));
    model->to(at::kFloat);
    EXPECT_TRUE(close(stepped(*model, input), model->forward(input), 1e-5));
  }
}

TEST(RecurrentEncoderDecoder, ASourceTokensGradientFlowsThroughTheStateAfterIt) {
  at::manual_seed(1);
  for (const auto& [name, context] : enum_names<SourceContext>) {
    const auto model =
        make_encoder_decoder(CellKind::tanh, {.layers = 1, .d_model = 8, .context = context});
    auto input = random_example(2, 5, 3);
    input.source_lengths = integers({5, 3});
    const auto embedded = model->embed(input).detach().set_requires_grad(true);
    std::vector<at::Tensor> states;
    const auto output = model->forward_through_states(embedded, input, states);
    auto leaves = states;
    leaves.push_back(embedded);
    const auto gradients = torch::autograd::grad({weighed_sum(output)}, leaves);
    const auto weight = model->named_parameters()["encoder.layer0.weight_ih"];  // [D, D]
    for (int64_t t = 0; t < 5; ++t) {
      const auto& state = states[static_cast<size_t>(t)];
      // d h_t / d x_t = diag(1 - h_t^2) W, of rows that are not at their end.
      auto expected = at::matmul((1 - state.square()) * gradients[static_cast<size_t>(t)], weight);
      if (t >= 3) expected[1].zero_();
      EXPECT_TRUE(close(gradients.back().select(1, t), expected, 1e-10)) << name << " " << t;
      EXPECT_GT(gradients.back().select(1, t)[0].norm().item<double>(), 0);
    }
  }
}

TEST_P(EncoderDecoderOf, EqualsItsEquationsWrittenAsALoop) {
  const auto model = make_encoder_decoder(cell(), two_layers());
  const auto input = random_example(2, 5, 4);
  const auto weights = model->named_parameters();
  const auto child = [&](const std::string& name) { return model->named_children()[name]; };
  auto& encoder = dynamic_cast<RecurrentStackImpl&>(*child("encoder"));
  auto& decoder = dynamic_cast<RecurrentStackImpl&>(*child("decoder"));
  const auto embedded = at::embedding(weights["source_embedding.weight"], input.source);
  const auto memory = encoder.forward(embedded);
  auto states = memory.states;
  std::vector<at::Tensor> logits;
  for (const auto& tokens : input.values.unbind(1)) {
    auto seen = memory.states.back().hidden;  // [B, D]
    if (context() != SourceContext::fixed) {
      auto& attention = dynamic_cast<RnnAttentionImpl&>(*child("attention"));
      seen = attention.forward(states.back().hidden, attention.prepare(memory.output)).output;
    }
    const auto token = at::embedding(weights["token_embedding.weight"], tokens);
    const auto hidden = decoder.step(at::cat({token, seen}, 1), states);
    const auto read =
        at::linear(at::cat({hidden, seen}, 1), weights["readout.weight"], weights["readout.bias"]);
    logits.push_back(at::linear(read.tanh(), weights["output_weight"], weights["output_bias"]));
  }
  EXPECT_TRUE(close(model->forward(input), at::stack(logits, 1), 1e-12));
}

TEST_P(EncoderDecoderOf, PaddingOfASourceChangesNothing) {
  const auto model = make_encoder_decoder(cell(), two_layers());
  auto input = random_example(3, 4, 5);
  const auto exact = model->forward(input);
  input.source = at::cat({input.source, at::randint(source_vocabulary, {3, 3}, at::kLong)}, 1);
  input.source_lengths = integers({4, 4, 4});
  EXPECT_TRUE(close(model->forward(input), exact, 1e-12));
  EXPECT_TRUE(close(stepped(*model, input), exact, 1e-12));
  input.source_lengths = integers({4, 7, 4});
  EXPECT_FALSE(close(model->forward(input), exact, 1e-6));
}

TEST_P(EncoderDecoderOf, ASourcesGradientEndsWhereItsLengthDoes) {
  const auto model = make_encoder_decoder(cell(), two_layers());
  SequenceInput input = random_example(1, 6, 5);
  input.source = integers({1, 2, 3, 4, 5, 6}).unsqueeze(0);
  input.source_lengths = integers({4});
  const auto embedding = model->named_parameters()["source_embedding.weight"];
  const auto gradient =
      torch::autograd::grad({weighed_sum(model->forward(input))}, {embedding})[0];  // [V, D]
  EXPECT_TRUE(gradient.slice(0, 1, 5).ne(0).any(1).all().item<bool>());
  EXPECT_TRUE(gradient.slice(0, 5, 7).eq(0).all().item<bool>());
}

TEST_P(EncoderDecoderOf, ChangingALaterTokenChangesNoEarlierOutput) {
  const auto model = make_encoder_decoder(cell(), two_layers());
  const auto input = random_example(2, 5, 8);
  auto changed = input;
  changed.values = input.values.clone();
  changed.values.select(1, 4) = (changed.values.select(1, 4) + 1) % vocabulary;
  const auto before = model->forward(input), after = model->forward(changed);
  EXPECT_TRUE(before.narrow(1, 0, 4).equal(after.narrow(1, 0, 4)));
  EXPECT_FALSE(before.select(1, 4).equal(after.select(1, 4)));
  EXPECT_FALSE(before.select(1, 7).equal(after.select(1, 7)));
}

TEST_P(EncoderDecoderOf, SelectedRowsContinueUnchanged) {
  const auto model = make_encoder_decoder(cell(), two_layers());
  auto input = random_example(3, 5, 6);
  input.source_lengths = integers({5, 2, 4});
  const auto whole = model->forward(input);
  const auto rows = integers({2, 0, 0, 1});
  const auto state = model->read_source(input);
  for (int64_t t = 0; t < 3; ++t) model->step(input.values.select(1, t), *state);
  state->select(rows);
  for (int64_t t = 3; t < 6; ++t) {
    const auto tokens = input.values.select(1, t).index_select(0, rows);
    const auto expected = whole.select(1, t).index_select(0, rows);
    EXPECT_TRUE(close(model->step(tokens, *state), expected, 1e-10)) << "position " << t;
  }
}

TEST_P(EncoderDecoderOf, RecordsTheCrossAttentionThatItHas) {
  const auto model = make_encoder_decoder(cell(), two_layers());
  auto input = random_example(2, 5, 4);
  input.source_lengths = integers({3, 5});
  AttentionRecorder whole, steps;
  model->forward(input, &whole);
  stepped(*model, input, &steps);
  ASSERT_EQ(model->has_attention(), context() != SourceContext::fixed);
  if (!model->has_attention()) {
    EXPECT_TRUE(whole.records().empty() && steps.records().empty());
    return;
  }
  const auto map = whole.stacked(AttentionKind::cross)[0];
  EXPECT_EQ(whole.kinds(), std::vector<AttentionKind>{AttentionKind::cross});
  EXPECT_EQ(map.sizes(), (std::vector<int64_t>{2, 1, 4, 5}));
  EXPECT_TRUE(close(map.sum(-1), at::ones({2, 1, 4}, at::kDouble), 1e-12));
  const auto present = padding_mask(input.source_lengths, 5).expand({2, 1, 4, 5});
  EXPECT_TRUE(map.gt(0).equal(present));
  EXPECT_TRUE(whole.allowed(AttentionKind::cross).expand({2, 1, 4, 5}).equal(present));
  ASSERT_EQ(steps.records().size(), 4U);
  EXPECT_EQ(steps.records()[0].weights.sizes(), (std::vector<int64_t>{2, 1, 1, 5}));
  EXPECT_TRUE(close(steps.stacked(AttentionKind::cross)[0], map, 1e-10));
}

TEST_P(EncoderDecoderOf, HasTheExpectedNumberOfParameters) {
  const int64_t width = 8, gates = gate_count(cell());
  const auto layer = [&](int64_t inputs) { return gates * width * (inputs + width); };
  const int64_t attention = context() == SourceContext::additive ? 2 * width * width + width : 0;
  const int64_t weights = (source_vocabulary + vocabulary) * width  // embeddings
                          + layer(width) + layer(width)             // encoder
                          + layer(2 * width) + layer(width)         // decoder
                          + attention + 2 * width * width;          // and readout
  const int64_t output = vocabulary * width;
  const int64_t biases = 4 * 2 * gates * width + width + vocabulary;
  const auto count = [](bool tied, bool bias) {
    auto options = two_layers();
    options.tied = tied;
    options.bias = bias;
    return make_encoder_decoder(cell(), options)->parameter_count();
  };
  EXPECT_EQ(count(true, false), weights);
  EXPECT_EQ(count(false, false), weights + output);
  EXPECT_EQ(count(false, true), weights + output + biases);
}

TEST_P(EncoderDecoderOf, EveryWeightGetsAGradient) {
  const auto model = make_encoder_decoder(cell(), two_layers());
  weighed_sum(model->forward(random_example(4, 5, 6))).backward();
  for (const auto& parameter : model->named_parameters())
    EXPECT_TRUE(parameter.value().grad().defined() &&
                parameter.value().grad().ne(0).any().item<bool>())
        << parameter.key();
}

TEST_P(EncoderDecoderOf, StartsNearTheLossOfAGuess) {
  auto shape = translation();
  shape.vocabulary = shape.output_width = 100;
  for (const bool tied : {false, true}) {
    const auto model = make_encoder_decoder(cell(), {.tied = tied, .context = context()}, shape);
    auto input = random_example(16, 8, 8);
    input.values = at::randint(100, {16, 9}, at::kLong);
    const auto targets = input.values.slice(1, 1).reshape(-1);
    input.values = input.values.slice(1, 0, 8);
    const auto logits = model->forward(input).reshape({-1, 100});
    EXPECT_NEAR(at::cross_entropy_loss(logits, targets).item<double>(), std::log(100.0), 0.5)
        << (tied ? "tied" : "separate");
  }
}

TEST_P(EncoderDecoderOf, LearnsToReverseAFewSequences) {
  constexpr int64_t rows = 6, length = 5, start = 0;
  const auto model = make_encoder_decoder(cell(), {.d_model = 24, .context = context()});
  model->to(at::kFloat);
  const auto source = at::randint(1, source_vocabulary, {rows, length}, at::kLong);
  const auto reversed = source.flip(1);
  const auto shown =
      at::cat({at::full({rows, 1}, start, at::kLong), reversed.slice(1, 0, length - 1)}, 1);
  const auto loss = [&] {
    const auto logits = model->forward({.values = shown, .source = source});
    return at::cross_entropy_loss(logits.reshape({-1, vocabulary}), reversed.reshape(-1));
  };
  torch::optim::Adam optimizer(model->parameters(), 0.01);
  const double before = loss().item<double>();
  for (int step = 0; step < 120; ++step) {
    optimizer.zero_grad();
    loss().backward();
    optimizer.step();
  }
  EXPECT_GT(before, 1.5);
  EXPECT_LT(loss().item<double>(), 0.1);
}

TEST_P(EncoderDecoderOf, DropsOutEmbeddingsBetweenLayersAndTheReadoutWhileTraining) {
  const auto model = make_encoder_decoder(
      cell(), {.layers = 2, .d_model = 64, .dropout = 0.5, .context = context()});
  const auto weights = model->named_parameters();
  const auto zeros = [&](const std::string& name) {  // in the gradients of a single token's answer
    const auto token = at::full({1, 1}, 3, at::kLong);
    const auto output = weighed_sum(model->forward({.values = token, .source = token}));
    const auto gradient = torch::autograd::grad({output}, {weights[name]})[0];
    const bool embedding = name.find("embedding") != std::string::npos;  // [V, D], else [..., D]
    return (embedding ? gradient[3].eq(0) : gradient.eq(0).all(0)).sum().item<int64_t>();
  };
  for (const std::string name :
       {"source_embedding.weight", "token_embedding.weight", "encoder.layer1.weight_ih",
        "decoder.layer1.weight_ih", "output_weight"}) {
    model->train();
    EXPECT_NEAR(static_cast<double>(zeros(name)), 32, 16) << name;
    model->eval();
    EXPECT_EQ(zeros(name), 0) << name;
  }
}

TEST_P(EncoderDecoderOf, UnderAutocastOutputsAreClose) {
  const auto model = make_encoder_decoder(cell(), two_layers());
  model->to(at::kFloat);
  auto input = random_example(3, 6, 5);
  input.source_lengths = integers({6, 0, 4});
  const auto exact = model->forward(input);
  at::autocast::set_autocast_enabled(at::kCPU, true);
  const auto cast = model->forward(input);
  at::autocast::set_autocast_enabled(at::kCPU, false);
  at::autocast::clear_cache();
  EXPECT_TRUE(close(cast, exact, 0.05));
  EXPECT_FALSE(cast.equal(exact.to(cast.scalar_type())));
}

TEST(RecurrentEncoderDecoder, AnEmptySourceIsAnsweredWithoutNaN) {
  for (const auto& [name, context] : enum_names<SourceContext>) {
    at::manual_seed(2);
    const auto model = make_encoder_decoder(CellKind::lstm, {.d_model = 8, .context = context});
    auto input = random_example(2, 4, 3);
    input.source_lengths = integers({0, 4});
    const auto logits = model->forward(input);
    weighed_sum(logits).backward();
    EXPECT_TRUE(logits.isfinite().all().item<bool>());
    for (const auto& parameter : model->parameters())
      EXPECT_TRUE(parameter.grad().isfinite().all().item<bool>());
  }
}

TEST(RecurrentEncoderDecoder, HasNoStateBeforeItsSource) {
  const auto model = make_encoder_decoder(CellKind::gru, {.d_model = 8});
  EXPECT_TRUE(model->generates());
  EXPECT_THROW(model->initial_state(1), std::logic_error);
}

TEST(RecurrentEncoderDecoder, RefusesInputThatDoesNotFitAndSaysWhatItExpected) {
  const auto model = make_encoder_decoder(CellKind::gru, {.d_model = 8});
  const auto refused = [](const std::string& part) {
    return ::testing::ThrowsMessage<std::invalid_argument>(::testing::HasSubstr(part));
  };
  const auto given = [&](const SequenceInput& input) {
    return [&, input] { model->forward(input); };
  };
  const auto good = random_example(2, 5, 4);
  EXPECT_THAT(given({.values = good.values}), refused("expected a source [B, S], got none"));
  EXPECT_THAT(given({.values = good.values, .source = good.source[0]}), refused("got [5]"));
  EXPECT_THAT(given({.values = good.values[0], .source = good.source}),
              refused("expected tokens [2, T]"));
  EXPECT_THAT(given({.values = good.values.slice(0, 0, 1), .source = good.source}),
              refused("got [1, 4]"));
  EXPECT_THAT(given({.source = good.source}), refused("got none"));
  EXPECT_THAT(given({.values = good.values.slice(1, 0, 0), .source = good.source}),
              refused("not empty, got [2, 0]"));
  EXPECT_THAT(
      given({.values = good.values, .source = good.source, .source_lengths = integers({6, 5})}),
      refused("expected lengths from 0 to 5"));
}

TEST(RecurrentEncoderDecoder, RefusesATaskWithoutASourceAndSuggestsAnotherKind) {
  auto shape = translation();
  shape.source_vocabulary = 0;
  try {
    make_encoder_decoder(CellKind::gru, {}, shape);
    ADD_FAILURE() << "a task without a source was not refused";
  } catch (const OptionError& error) {
    EXPECT_EQ(error.option(), "kind");
    EXPECT_THAT(error.what(), ::testing::HasSubstr("without a source, such as tanh, gru, lstm"));
  }
}

TEST(RecurrentEncoderDecoder, RefusesOutputsThatAreNotTokens) {
  auto sequence = translation(), numbers = translation(), narrow = translation();
  sequence.output = SequenceShape::Output::per_sequence;
  numbers.vocabulary = 0;
  numbers.channels = 2;
  narrow.output_width = 3;
  EXPECT_THROW(make_encoder_decoder(CellKind::gru, {}, sequence), std::invalid_argument);
  EXPECT_THROW(make_encoder_decoder(CellKind::gru, {}, numbers), std::invalid_argument);
  EXPECT_NO_THROW(make_encoder_decoder(CellKind::gru, {}, narrow));
  try {
    make_encoder_decoder(CellKind::gru, {.tied = true}, narrow);
    ADD_FAILURE() << "tied without an output of tokens was not refused";
  } catch (const OptionError& error) {
    EXPECT_EQ(error.option(), "tied");
  }
}

TEST(RecurrentEncoderDecoderKinds, TakeTheirOptionsFromTheListAndRefuseThoseOutOfRange) {
  for (const std::string cell : {"tanh", "gru", "lstm"}) {
    OptionList list;
    const auto builder = ModelRegistry::instance().make(cell + "_encoder_decoder");
    builder->describe(list);
    for (const auto& option : list.options()) EXPECT_NO_THROW(option.check()) << option.name;
    EXPECT_EQ(list.find("forget_bias") != nullptr, cell == "lstm");
    EXPECT_TRUE(builder->build(translation())->has_attention());
    auto* context = list.find("context");
    context->set_text("fixed");
    *std::get<int64_t*>(list.find("d_model")->target) = 4;
    const auto model = builder->build(translation());
    EXPECT_FALSE(model->has_attention());
    const int64_t gates = cell == "tanh" ? 1 : cell == "gru" ? 3 : 4;
    EXPECT_EQ(model->named_parameters()["decoder.layer0.weight_ih"].sizes(),
              (std::vector<int64_t>{4 * gates, 8}));
    EXPECT_THROW(context->set_text("concat"), OptionError);
    *std::get<int64_t*>(list.find("layers")->target) = 0;
    *std::get<int64_t*>(list.find("d_model")->target) = 0;
    *std::get<double*>(list.find("dropout")->target) = 1;
    for (const std::string name : {"layers", "d_model", "dropout"})
      EXPECT_THROW(list.find(name)->check(), OptionError) << name;
  }
}

}  // namespace
}  // namespace heed
