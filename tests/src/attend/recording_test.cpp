#include "src/attend/recording.h"

#include <gmock/gmock.h>

#include "models/sequence_model.h"
#include "tests/models/closeness.h"

namespace heed {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;
using RecordingShape = std::vector<int64_t>;
using Words = std::vector<std::string>;

/// A task with two rows of known length, tokens, padding and links.
class LinkedTask : public Task {
 public:
  explicit LinkedTask(const std::string& unit = "word", Words tokens = {"a", "b", "c", "<pad>"})
      : tokenizer_({.unit = unit, .tokens = std::move(tokens)}) {}

  void describe(OptionList&) override {}
  void prepare(const TaskSetup&) override {}
  SequenceShape shape() const override { return {.vocabulary = 4, .output_width = 4}; }
  Batch batch(Split split, int64_t first, int64_t) const override {
    const auto length = first == 0 ? 2 : 3;
    auto row = at::tensor({2, 1, 0, 3, 3}, at::kLong);
    if (split == Split::test) row[0] = 1;
    return {.input = {.values = row.unsqueeze(0), .lengths = at::tensor({length}, at::kLong)},
            .targets = row.unsqueeze(0)};
  }
  std::vector<GoldLinks> gold_links(const Batch&) const override {
    return {{.name = "back", .from = "b", .to = "a", .links = {{.query = 1, .keys = {0}}}}};
  }
  int64_t evaluation_rows(Split) const override { return 2; }
  RowSource rows_of_text(const std::string&, const std::string&) const override { return {}; }
  TaskCard card() const override { return {}; }
  std::vector<Baseline> baselines() const override { return {}; }
  std::string example() override { return ""; }
  const Tokenizer* tokenizer() const override { return &tokenizer_; }

 private:
  Tokenizer tokenizer_;
};

/// Rows of numbers, two per step.
class NumbersTask : public LinkedTask {
 public:
  Batch batch(Split, int64_t, int64_t) const override {
    const auto row = at::tensor({0.12345, 1.0, -2.5, 0.0}, at::kDouble).view({1, 2, 2});
    return {.input = {.values = row}, .targets = at::zeros({1, 1})};
  }
  std::vector<GoldLinks> gold_links(const Batch&) const override { return {}; }
  const Tokenizer* tokenizer() const override { return nullptr; }
};

/// Head h of layer l gives the weight 100 l + 10 h + s to key s.
class MarkedModel : public SequenceModel {
 public:
  MarkedModel() { register_parameter("any", at::zeros({1}), false); }
  at::Tensor forward(const SequenceInput& input, AttentionHook* hook) override {
    const int64_t length = input.values.size(1);
    for (int64_t layer = 0; layer < 3; ++layer) {
      const auto heads = 10 * at::arange(4).view({1, 4, 1, 1});
      const auto keys = at::arange(length).expand({length, length});
      hook->on_weights({AttentionKind::self, layer}, (100 * layer + heads + keys).to(at::kDouble),
                       {});
    }
    return at::zeros({1, length, 4});
  }
  at::Tensor step(const at::Tensor&, SequenceState&, AttentionHook*) override { return {}; }
  bool generates() const override { return false; }
  bool has_attention() const override { return true; }
};

template <typename T = LinkedTask, typename... Arguments>
Run run_of(Arguments... arguments) {
  ExperimentConfig config;
  config.task = std::make_unique<T>(arguments...);
  return {.directory = RunDirectory("unused"),
          .config = std::move(config),
          .model = std::make_shared<MarkedModel>(),
          .checkpoint = "best"};
}

AttentionArrays recorded(const Run& run, const std::string& first,
                         const std::optional<std::string>& second = {},
                         const HeadChoice& choice = {}) {
  std::optional<Text> other;
  if (second) other = Text{.words = *second, .origin = "the second"};
  return record_text(run, {.words = first, .origin = "the first"}, other, choice);
}

TEST(Recording, ATextGivesOneMapPerLayerAndHeadAndItsTokens) {
  const auto arrays = recorded(run_of(), "c a");
  const auto& maps = arrays.maps.at(AttentionKind::self);
  EXPECT_EQ(maps.sizes(), (RecordingShape{3, 1, 4, 2, 2}));
  EXPECT_TRUE(close(maps[2][0][3][0], at::tensor({230.0, 231.0}), 0));
  EXPECT_EQ(maps.scalar_type(), at::kFloat);
  EXPECT_THAT(arrays.tokens, ElementsAre("c", "a"));
  EXPECT_THAT(arrays.layers, ElementsAre(0, 1, 2));
  EXPECT_THAT(arrays.heads, ElementsAre(0, 1, 2, 3));
  EXPECT_FALSE(arrays.second);
  EXPECT_THAT(arrays.links, IsEmpty());
}

TEST(Recording, ChosenLayersAndHeadsKeepTheirNumbersAndMaps) {
  const auto arrays = recorded(run_of(), "a", {}, {.layers = {2, 0}, .heads = {3, 1}});
  EXPECT_THAT(arrays.layers, ElementsAre(2, 0));
  EXPECT_THAT(arrays.heads, ElementsAre(3, 1));
  EXPECT_TRUE(close(arrays.maps.at(AttentionKind::self).view({2, 2}),
                    at::tensor({230.0, 210.0, 30.0, 10.0}).view({2, 2}), 0));
}

TEST(Recording, MissingLayersAndHeadsAreErrorsThatNameTheRange) {
  const auto refused = [](const HeadChoice& choice, const std::string& first,
                          const std::string& second) {
    EXPECT_THAT([&] { recorded(run_of(), "a", {}, choice); },
                ThrowsMessage<ConfigError>(AllOf(HasSubstr(first), HasSubstr(second))));
  };
  refused({.layers = {0, 3}}, "--layers: expected numbers from 0 to 2", "got 3");
  refused({.heads = {4}}, "--heads: expected numbers from 0 to 3", "got 4");
  refused({.heads = {-1}}, "--heads: expected numbers from 0 to 3", "got -1");
  refused({.layers = {1, 1}}, "--layers: expected each number once", "got 1,1");
}

TEST(Recording, ASecondTextOfWordsFollowsTheFirstDirectly) {
  const auto arrays = recorded(run_of(), "c a", "b b a");
  EXPECT_THAT(arrays.tokens, ElementsAre("c", "a", "b", "b", "a"));
  EXPECT_EQ(arrays.second, 2);
}

TEST(Recording, ASpaceSeparatesTwoTextsOfCharactersIfTheVocabularyHasIt) {
  const Words spaced = {" ", "a", "b"}, plain = {"a", "b"};
  const auto with = recorded(run_of<LinkedTask>("character", spaced), "ab", "b");
  EXPECT_THAT(with.tokens, ElementsAre("a", "b", " ", "b"));
  EXPECT_EQ(with.second, 3);
  const auto without = recorded(run_of<LinkedTask>("character", plain), "ab", "b");
  EXPECT_THAT(without.tokens, ElementsAre("a", "b", "b"));
  EXPECT_EQ(without.second, 2);
  const auto bytes = recorded(run_of<LinkedTask>("byte", spaced), "ab", "b");
  EXPECT_THAT(bytes.tokens, ElementsAre("a", "b", "b"));
}

TEST(Recording, AnEmptyTextIsAnErrorThatNamesIt) {
  EXPECT_THAT([] { recorded(run_of(), " "); },
              ThrowsMessage<std::runtime_error>(HasSubstr("the first: expected at least one")));
  EXPECT_THAT([] { recorded(run_of(), "a", ""); },
              ThrowsMessage<std::runtime_error>(HasSubstr("the second: expected at least one")));
}

TEST(Recording, ARowOfTheTaskHasItsLinksAndNoPadding) {
  const auto run = run_of();
  const auto arrays = record_row(run, Split::validation, 1);
  EXPECT_THAT(arrays.tokens, ElementsAre("c", "b", "a"));
  EXPECT_EQ(arrays.maps.at(AttentionKind::self).sizes(), (RecordingShape{3, 1, 4, 3, 3}));
  ASSERT_EQ(arrays.links.size(), 1U);
  EXPECT_EQ(arrays.links[0].name, "back");
  EXPECT_THAT(record_row(run, Split::test, 0).tokens, ElementsAre("b", "b"));
}

TEST(Recording, RoundedNumbersTakeThePlaceOfTokens) {
  const auto arrays = record_row(run_of<NumbersTask>(), Split::validation, 0);
  EXPECT_THAT(arrays.tokens, ElementsAre("0.123 1", "-2.5 0"));
}

}  // namespace
}  // namespace heed
