#include "models/recurrent/recurrent_model.h"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <torch/autograd.h>

#include <cmath>
#include <set>

#include "models/attention/attention_recorder.h"
#include "models/model_builder.h"
#include "tests/models/closeness.h"

namespace heed {
namespace {

constexpr int64_t vocabulary_size = 11;

SequenceShape language_model() {
  return {.vocabulary = vocabulary_size, .output_width = vocabulary_size, .max_length = 16};
}

SequenceShape classifier(int64_t channels = 0) {
  return {.vocabulary = channels > 0 ? 0 : vocabulary_size,
          .channels = channels,
          .output = SequenceShape::Output::per_sequence,
          .output_width = 3,
          .max_length = 16};
}

std::shared_ptr<RecurrentModel> make(CellKind cell, const RecurrentOptions& options,
                                     const SequenceShape& shape) {
  auto model = std::make_shared<RecurrentModel>(cell, options, shape);
  model->to(at::kDouble);
  return model;
}

at::Tensor random_tokens(int64_t batch, int64_t length) {
  return at::randint(vocabulary_size, {batch, length}, at::kLong);
}

SequenceInput all_of(const at::Tensor& values) { return {.values = values, .lengths = {}}; }

class RecurrentModelOf : public ::testing::TestWithParam<CellKind> {
 protected:
  void SetUp() override {
    at::manual_seed(1);
    at::set_num_threads(1);  // beside other tests, threads that wait for each other take minutes
  }
};

std::string name_of(const ::testing::TestParamInfo<CellKind>& cell) {
  return cell.param == CellKind::tanh ? "tanh" : cell.param == CellKind::gru ? "gru" : "lstm";
}
INSTANTIATE_TEST_SUITE_P(EachCell, RecurrentModelOf,
                         ::testing::Values(CellKind::tanh, CellKind::gru, CellKind::lstm), name_of);

TEST_P(RecurrentModelOf, SteppingEqualsOnePass) {
  for (const bool tied : {false, true}) {
    const auto model =
        make(GetParam(), {.layers = 2, .d_model = 8, .tied = tied}, language_model());
    const auto tokens = random_tokens(3, 20);  // longer than training will show
    const auto whole = model->forward(all_of(tokens));
    EXPECT_EQ(whole.sizes(), (std::vector<int64_t>{3, 20, vocabulary_size}));
    const auto state = model->initial_state(3);
    for (int64_t t = 0; t < 20; ++t)
      EXPECT_TRUE(close(model->step(tokens.select(1, t), *state), whole.select(1, t), 1e-12))
          << "position " << t;
  }
}

TEST_P(RecurrentModelOf, ChangingALaterTokenChangesNoEarlierOutput) {
  const auto model = make(GetParam(), {.layers = 2, .d_model = 8}, language_model());
  const auto tokens = random_tokens(2, 10);
  auto changed = tokens.clone();
  changed.select(1, 6) = (changed.select(1, 6) + 1) % vocabulary_size;
  const auto before = model->forward(all_of(tokens)), after = model->forward(all_of(changed));
  EXPECT_TRUE(before.narrow(1, 0, 6).equal(after.narrow(1, 0, 6)));
  EXPECT_FALSE(before.select(1, 6).equal(after.select(1, 6)));
  EXPECT_FALSE(before.select(1, 9).equal(after.select(1, 9)));
}

TEST_P(RecurrentModelOf, AnswersForASequenceFromItsLastValidPosition) {
  auto every = classifier();
  every.output = SequenceShape::Output::per_position;
  const auto positions = make(GetParam(), {.layers = 2, .d_model = 8}, every);
  const auto last = make(GetParam(), {.layers = 2, .d_model = 8}, classifier());
  {
    const at::NoGradGuard no_grad;
    const auto from = positions->named_parameters();
    for (auto& parameter : last->named_parameters()) parameter.value().copy_(from[parameter.key()]);
  }
  const auto tokens = random_tokens(3, 9);
  const std::vector<int64_t> lengths = {4, 9, 1};
  const auto answers =
      last->forward({.values = tokens, .lengths = at::tensor(lengths, at::kLong)});  // [B, O]
  const auto of_positions = positions->forward(all_of(tokens));                      // [B, T, O]
  EXPECT_EQ(answers.sizes(), (std::vector<int64_t>{3, 3}));
  for (int64_t row = 0; row < 3; ++row)
    EXPECT_TRUE(
        close(answers[row], of_positions[row][lengths[static_cast<size_t>(row)] - 1], 1e-12))
        << "row " << row;
}

TEST_P(RecurrentModelOf, ReadsContinuousInputThroughAProjection) {
  const auto model = make(GetParam(), {.d_model = 8}, classifier(2));
  const auto input = random_input({3, 7, 2});
  const auto output = model->forward(all_of(input));
  EXPECT_EQ(output.sizes(), (std::vector<int64_t>{3, 3}));
  const auto gradient = torch::autograd::grad({weighed_sum(output)}, {input})[0];
  EXPECT_TRUE(gradient.ne(0).all().item<bool>());
}

TEST_P(RecurrentModelOf, ATiedWeightGetsTheGradientsOfBothItsUses) {
  const auto tied = make(GetParam(), {.d_model = 8, .tied = true}, language_model());
  const auto separate = make(GetParam(), {.d_model = 8}, language_model());
  const auto weights = tied->named_parameters();
  {
    const at::NoGradGuard no_grad;
    for (auto& parameter : separate->named_parameters())
      parameter.value().copy_(
          weights[parameter.key() == "output_weight" ? "token_embedding.weight" : parameter.key()]);
  }
  const auto tokens = random_tokens(2, 6);
  const auto gradients = [&](RecurrentModel& model, const std::vector<std::string>& names) {
    std::vector<at::Tensor> leaves;
    for (const auto& name : names) leaves.push_back(model.named_parameters()[name]);
    return torch::autograd::grad({weighed_sum(model.forward(all_of(tokens)))}, leaves);
  };
  const auto one = gradients(*tied, {"token_embedding.weight"});
  const auto two = gradients(*separate, {"token_embedding.weight", "output_weight"});
  EXPECT_TRUE(close(one[0], two[0] + two[1], 1e-10));
  EXPECT_GT(two[0].abs().max().item<double>(), 0);
  EXPECT_GT(two[1].abs().max().item<double>(), 0);
}

TEST_P(RecurrentModelOf, HasTheExpectedNumberOfParameters) {
  const int64_t width = 8, gates = gate_count(GetParam()), embedding = vocabulary_size * width;
  const int64_t matrices = 2 * gates * width * 2 * width, biases = 2 * gates * width * 2;
  const auto count = [](bool tied, bool bias) {
    return make(GetParam(), {.layers = 2, .d_model = 8, .tied = tied, .bias = bias},
                language_model())
        ->parameter_count();
  };
  EXPECT_EQ(count(true, false), embedding + matrices);
  EXPECT_EQ(count(false, false), 2 * embedding + matrices);
  EXPECT_EQ(count(true, true), embedding + matrices + biases + vocabulary_size);
}

TEST_P(RecurrentModelOf, StartsNearTheLossOfAGuess) {
  const auto tokens = at::randint(100, {16, 33}, at::kLong);
  for (const bool tied : {false, true}) {
    const auto model = make(GetParam(), {.tied = tied},
                            {.vocabulary = 100, .output_width = 100, .max_length = 32});
    const auto logits = model->forward(all_of(tokens.slice(1, 0, 32)));
    const auto loss =
        at::cross_entropy_loss(logits.reshape({-1, 100}), tokens.slice(1, 1).reshape(-1));
    EXPECT_NEAR(loss.item<double>(), std::log(100.0), 0.5) << (tied ? "tied" : "separate");
  }
}

TEST_P(RecurrentModelOf, DropsOutEmbeddingAndLastHiddenStateWhileTraining) {
  const auto model = make(GetParam(), {.d_model = 64, .dropout = 0.5}, language_model());
  const auto weights = model->named_parameters();
  const auto zeros = [&](const std::string& name) {  // in the gradients of a single token's answer
    const auto output = weighed_sum(model->forward(all_of(at::full({1, 1}, 3, at::kLong))));
    const auto gradient = torch::autograd::grad({output}, {weights[name]})[0];  // [V, D]
    return gradient[3].eq(0).sum().item<int64_t>();
  };
  for (const std::string name : {"token_embedding.weight", "output_weight"}) {
    model->train();
    EXPECT_NEAR(static_cast<double>(zeros(name)), 32, 16) << name;
    model->eval();
    EXPECT_EQ(zeros(name), 0) << name;
  }
}

TEST_P(RecurrentModelOf, TheOutputsBiasIsAddedToEveryAnswer) {
  for (const bool tied : {false, true}) {
    const auto model = make(GetParam(), {.d_model = 8, .tied = tied}, language_model());
    const auto input = all_of(random_tokens(2, 5));
    const auto before = model->forward(input).detach();
    const at::NoGradGuard no_grad;
    model->named_parameters()["output_bias"] += 1;
    EXPECT_TRUE(close(model->forward(input), before + 1, 1e-12));
  }
}

TEST_P(RecurrentModelOf, HasNoAttentionAndLeavesTheRecorderEmpty) {
  const auto model = make(GetParam(), {.d_model = 8}, language_model());
  AttentionRecorder recorder;
  model->forward(all_of(random_tokens(1, 3)), &recorder);
  EXPECT_FALSE(model->has_attention());
  EXPECT_TRUE(recorder.records().empty());
}

TEST(RecurrentModel, OnlyAPerPositionModelCanBeStepped) {
  auto numbers = language_model();
  numbers.vocabulary = 0;
  numbers.channels = 2;
  for (const auto& shape : {classifier(), numbers}) {
    const auto model = make(CellKind::gru, {.d_model = 8}, shape);
    const auto state = model->initial_state(1);
    EXPECT_THROW(model->step(at::zeros({1}, at::kLong), *state), std::logic_error);
  }
}

TEST(RecurrentModel, RefusesShapesThatDoNotFitAndSaysWhatItExpected) {
  const auto refused = [](const std::string& part) {
    return ::testing::ThrowsMessage<std::invalid_argument>(::testing::HasSubstr(part));
  };
  const auto tokens = make(CellKind::gru, {.d_model = 8}, language_model());
  const auto numbers = make(CellKind::gru, {.d_model = 8}, classifier(2));
  EXPECT_THAT([&] { tokens->forward(all_of(at::zeros({4}, at::kLong))); },
              refused("expected tokens [B, T], got [4]"));
  EXPECT_THAT(
      [&] {
        numbers->forward(all_of(at::zeros({4, 5, 3}, at::kDouble)));
      },
      refused("expected numbers [B, T, 2], got [4, 5, 3]"));
  EXPECT_THAT([] { make(CellKind::gru, {}, {.output_width = 3}); },
              refused("either a vocabulary or channels"));
}

TEST(RecurrentModel, ATiedOutputNeedsAnOutputOfInputTokens) {
  for (const auto& shape : {classifier(), classifier(3)}) {
    try {
      make(CellKind::lstm, {.tied = true}, shape);
      ADD_FAILURE() << "tied without tokens was not refused";
    } catch (const OptionError& error) {
      EXPECT_EQ(error.option(), "tied");
    }
  }
}

TEST(RecurrentKinds, AreRegisteredAndDiffer) {
  std::set<int64_t> counts;
  for (const std::string kind : {"tanh", "gru", "lstm"})
    counts.insert(ModelRegistry::instance().make(kind)->build(language_model())->parameter_count());
  EXPECT_EQ(counts.size(), 3U);
}

TEST(RecurrentKinds, OnlyAnLstmHasAForgetBiasAndItReachesTheLayers) {
  for (const std::string kind : {"tanh", "gru", "lstm"}) {
    OptionList list;
    const auto builder = ModelRegistry::instance().make(kind);
    builder->describe(list);
    auto* option = list.find("forget_bias");
    ASSERT_EQ(option != nullptr, kind == "lstm") << kind;
    if (!option) continue;
    *std::get<int64_t*>(list.find("d_model")->target) = 4;
    *std::get<double*>(option->target) = 3;
    const auto model = builder->build(language_model());
    const auto bias = model->named_parameters()["stack.layer0.bias_ih"];
    EXPECT_TRUE(bias.narrow(0, 4, 4).eq(3).all().item<bool>());
  }
}

TEST(RecurrentKinds, RefuseOptionsOutOfRange) {
  for (const std::string kind : {"tanh", "gru", "lstm"}) {
    OptionList list;
    const auto builder = ModelRegistry::instance().make(kind);
    builder->describe(list);
    for (const auto& option : list.options()) EXPECT_NO_THROW(option.check()) << option.name;
    *std::get<int64_t*>(list.find("layers")->target) = 0;
    *std::get<int64_t*>(list.find("d_model")->target) = 0;
    auto* dropout = list.find("dropout");
    *std::get<double*>(dropout->target) = 1;
    for (const std::string name : {"layers", "d_model", "dropout"})
      EXPECT_THROW(list.find(name)->check(), OptionError) << name;
    *std::get<double*>(dropout->target) = -0.1;
    EXPECT_THROW(dropout->check(), OptionError);
  }
}

}  // namespace
}  // namespace heed
