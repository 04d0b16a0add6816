// What all tasks on numbers have in common, checked for each of them.

#include "train/tasks/signal_task.h"

#include <gmock/gmock.h>

#include <sstream>

#include "models/model_builder.h"
#include "models/sequence_model.h"
#include "tests/train/tasks/signal_rows.h"
#include "train/evaluation.h"

namespace heed {
namespace {

class SignalTaskOf : public ::testing::TestWithParam<std::string> {
 protected:
  static std::unique_ptr<Task> task(uint64_t seed = 1) { return signal_task(GetParam(), {}, seed); }
};

INSTANTIATE_TEST_SUITE_P(EachKind, SignalTaskOf,
                         ::testing::Values("recall-first", "adding", "pixels"),
                         [](const auto& kind) {
                           auto name = kind.param;
                           std::erase(name, '-');
                           return name;
                         });

TEST_P(SignalTaskOf, ABatchConsistsOfItsRowsWheneverTheyAreMade) {
  const auto made = task();
  const auto batch = made->batch(Split::train, 5, 6);
  for (int64_t row = 5; row >= 0; --row) {
    const auto one = task()->batch(Split::train, 5 + row, 1);
    ASSERT_TRUE(one.input.values[0].equal(batch.input.values[row])) << row;
    ASSERT_TRUE(one.targets[0].equal(batch.targets[row])) << row;
  }
  EXPECT_TRUE(made->batch(Split::train, 5, 6).input.values.equal(batch.input.values));
}

TEST_P(SignalTaskOf, SplitsSeedsAndRowsDiffer) {
  const auto values = [](uint64_t seed, Split split, int64_t number) {
    return task(seed)->batch(split, number, 1).input.values;
  };
  const std::vector<at::Tensor> all = {values(1, Split::train, 0), values(1, Split::validation, 0),
                                       values(1, Split::test, 0), values(2, Split::train, 0),
                                       values(1, Split::train, 1)};
  for (size_t a = 0; a < all.size(); ++a)
    for (size_t b = 0; b < a; ++b) EXPECT_FALSE(all[a].equal(all[b])) << a << " and " << b;
}

TEST_P(SignalTaskOf, TheShapeIsThatOfTheBatches) {
  const auto made = task();
  const auto shape = made->shape();
  const auto batch = made->batch(Split::validation, 0, 4);
  EXPECT_EQ(batch.input.values.sizes(), (at::IntArrayRef{4, shape.max_length, shape.channels}));
  EXPECT_EQ(batch.input.values.scalar_type(), at::kFloat);
  EXPECT_FALSE(batch.input.lengths.defined());
  EXPECT_EQ(shape.vocabulary, 0);
  EXPECT_EQ(shape.output, SequenceShape::Output::per_sequence);
  EXPECT_EQ(shape.context, SequenceShape::Context::any);
  EXPECT_EQ(made->evaluation_rows(Split::validation), 1024);
  EXPECT_TRUE(made->scored(batch).equal(at::ones({4}, at::kBool)));
}

TEST_P(SignalTaskOf, TheLossIsTheMeanOfTheLosses) {
  const auto made = task();
  const auto batch = made->batch(Split::train, 0, 7);
  const auto output = at::randn({7, made->shape().output_width});
  const auto losses = made->losses(output, batch);
  EXPECT_EQ(losses.sizes(), (at::IntArrayRef{7}));
  EXPECT_NEAR(made->loss(output, batch).item<double>(), mean_value(losses), 1e-6);
}

TEST_P(SignalTaskOf, ThereIsNoText) {
  const auto made = task();
  EXPECT_EQ(made->tokenizer(), nullptr);
  EXPECT_FALSE(made->is_text());
  EXPECT_EQ(made->default_prompt(), "");
  EXPECT_THAT([&] { made->rows_of_text("1 2", "numbers.txt"); },
              ::testing::ThrowsMessage<std::runtime_error>(
                  ::testing::AllOf(::testing::StartsWith("numbers.txt: expected a run on text"),
                                   ::testing::HasSubstr("rows of numbers"))));
}

TEST_P(SignalTaskOf, TheExampleFitsATerminalAndEndsWithTheAnswer) {
  const auto text = TaskRegistry::instance().make(GetParam())->example();
  std::istringstream lines(text);
  std::string line;
  while (std::getline(lines, line)) EXPECT_LE(line.size(), 80u) << line;
  EXPECT_THAT(line, ::testing::IsEmpty());
  EXPECT_THAT(text, ::testing::ContainsRegex("\nanswer +[^ \n][^\n]*\n$"));
}

TEST_P(SignalTaskOf, AModelInDoublePrecisionHasTheLossOfOneInSingle) {
  const auto made = task();
  const auto builder = ModelRegistry::instance().make("gru");
  OptionList list;
  builder->describe(list);
  *std::get<int64_t*>(list.find("d_model")->target) = 8;
  const auto model = builder->build(made->shape());
  const RowSource few{.rows = 5, .batch = made->rows(Split::validation).batch};
  const auto single = evaluate(*model, *made, few);
  model->to(at::kDouble);
  const auto twice = evaluate(*model, *made, few);
  EXPECT_NEAR(twice.loss, single.loss, 1e-5);
  EXPECT_NE(twice.loss, single.loss);
  EXPECT_EQ(twice.unit, made->loss_unit());
}

TEST(Batch, NumbersTakeTheRequestedTypeAndClassesKeepTheirs) {
  const auto batch = signal_task("recall-first")->batch(Split::train, 0, 2);
  const auto twice = batch.to(at::TensorOptions(at::kDouble));
  EXPECT_EQ(twice.input.values.scalar_type(), at::kDouble);
  EXPECT_TRUE(twice.input.values.to(at::kFloat).equal(batch.input.values));
  EXPECT_EQ(twice.targets.scalar_type(), at::kLong);
  EXPECT_EQ(batch.to(at::Device("cpu")).input.values.scalar_type(), at::kFloat);
  const Batch tokens{.input = {.values = at::ones({2, 3}, at::kLong)}};
  EXPECT_EQ(tokens.to(at::TensorOptions(at::kDouble)).input.values.scalar_type(), at::kLong);
}

}  // namespace
}  // namespace heed
