#include "src/experiment/config.h"

#include <fmt/ranges.h>
#include <gmock/gmock.h>

#include "models/sequence_model.h"
#include "tests/train/files/temporary_folder.h"

namespace heed {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

const std::string good = R"(name = "try"
seed = 7

[task]
kind = "grammar"

[model]
kind = "transformer"
layers = 2
heads = 2
d_model = 16

[train]
steps = 10
lr = 1e-2
)";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  if (at == std::string::npos)
    throw std::logic_error("the test replaces what is not there: " + from);
  return text.replace(at, from.size(), to);
}

class Config : public ::testing::Test {
 protected:
  ExperimentConfig read(const std::string& text, const std::vector<std::string>& overrides = {}) {
    return read_config(folder_.write("try.toml", text), overrides);
  }

  void expect_error(const std::string& text, const std::string& message,
                    const std::vector<std::string>& overrides = {}) {
    EXPECT_THAT([&] { read(text, overrides); }, ThrowsMessage<ConfigError>(HasSubstr(message)))
        << text;
  }

  TemporaryFolder folder_;
};

TEST_F(Config, IsReadAndCompletedWithDefaults) {
  const auto config = read(good);
  EXPECT_EQ(config.name, "try");
  EXPECT_EQ(config.seed, 7);
  EXPECT_EQ(config.train.steps, 10);
  EXPECT_EQ(config.train.lr, 1e-2);
  EXPECT_EQ(config.train.batch, 32);
}

TEST_F(Config, TheDefaultNameIsTheNameOfTheFile) {
  EXPECT_EQ(read(replaced(good, "name = \"try\"\n", "")).name, "try");
}

TEST_F(Config, OverridesWinAndTextsNeedNoQuotes) {
  auto config = read(good, {"train.steps=20", "model.norm=post", "train.lr=1", "name=a b"});
  EXPECT_EQ(config.train.steps, 20);
  EXPECT_EQ(config.train.lr, 1);
  EXPECT_EQ(config.name, "a b");
  EXPECT_THAT(to_toml(config), HasSubstr("norm = 'post'"));
}

TEST_F(Config, IsTheSameAfterWritingAndReading) {
  auto config = read(good);
  const auto text = to_toml(config);
  auto again = read(text);
  EXPECT_EQ(to_toml(again), text);
  EXPECT_THAT(text, AllOf(HasSubstr("kind = 'transformer'"), HasSubstr("dropout = 0.0"),
                          HasSubstr("beta1 = 0.9")));
}

TEST_F(Config, NumbersAreWrittenInTheirShortestForm) {
  auto config =
      read(good, {"train.lr=3e-3", "train.epsilon=1e-8", "train.clip=2", "model.dropout=0.1"});
  EXPECT_THAT(to_toml(config), AllOf(HasSubstr("\nlr = 0.003\n"), HasSubstr("\nepsilon = 1e-08\n"),
                                     HasSubstr("\nclip = 2.0\n"), HasSubstr("\ndropout = 0.1\n")));
  expect_error(good, "train.steps: expected an integer of at least 1, got the number 0.003",
               {"train.steps=3e-3"});
}

TEST_F(Config, ChangedSettingsHaveTheirWholeKeyAndBothValues) {
  auto before = read(good), now = read(good, {"train.lr=3e-3", "train.steps=20", "name=other"});
  std::vector<std::string> fixed, changeable;
  for (const auto& setting : changed_settings(before, now))
    (setting.changes_on_resume ? changeable : fixed)
        .push_back(setting.key + ": " + setting.before + " -> " + setting.now);
  EXPECT_THAT(fixed, ::testing::ElementsAre("train.lr: 0.01 -> 0.003"));
  EXPECT_THAT(changeable,
              ::testing::ElementsAre("name: 'try' -> 'other'", "train.steps: 10 -> 20"));
}

TEST_F(Config, AChangedKindIsOneChange) {
  auto before = read(good), now = read(good, {"task.kind=recall"});
  std::vector<std::string> keys;
  for (const auto& setting : changed_settings(before, now)) keys.push_back(setting.key);
  EXPECT_THAT(keys, ::testing::Contains("task.kind"));
  EXPECT_THAT(keys, ::testing::Not(::testing::Contains("task.pairs")));
}

TEST_F(Config, AnUnknownKeyIsAnErrorWithFileLineAndTheNearestKnownKey) {
  expect_error(replaced(good, "layers = 2", "layres = 2"),
               "try.toml:9: model.layres: there is no such key; did you mean model.layers?");
  expect_error(replaced(good, "seed", "sede"),
               "try.toml:2: sede: there is no such key; did you mean seed?");
  expect_error(good + "zzzzzzzzzz = 1\n",
               "try.toml:16: train.zzzzzzzzzz: there is no such key; known are: steps");
  expect_error(good + "[trian]\nsteps = 1\n", "did you mean train?");
  expect_error(good, "--set: train.stepz: there is no such key", {"train.stepz=3"});
}

TEST_F(Config, AWrongTypeIsAnErrorWithTheExpectedTypeAndTheValue) {
  expect_error(replaced(good, "layers = 2", "layers = 2.5"),
               "try.toml:9: model.layers: expected an integer of at least 1, got the number 2.5");
  expect_error(replaced(good, "lr = 1e-2", "lr = \"fast\""),
               "train.lr: expected a number above 0, got the text");
  expect_error(replaced(good, "layers = 2", "bias = 1"),
               "model.bias: expected true or false, got the integer 1");
  expect_error("train = 3\n" + good.substr(0, good.find("[train]")),
               "train: expected a section [train]");
}

TEST_F(Config, AValueOutOfRangeIsAnErrorWithTheRange) {
  expect_error(replaced(good, "layers = 2", "layers = 0"),
               "try.toml:9: model.layers: expected an integer of at least 1, got 0");
  expect_error(replaced(good, "lr = 1e-2", "lr = -1"),
               "train.lr: expected a number above 0, got -1");
  expect_error(replaced(good, "heads = 2", "heads = 3"),
               "try.toml:10: model.heads: expected a divisor of d_model = 16, got 3");
  expect_error(replaced(good, "layers = 2", "position = \"magnetic\""),
               "expected one of alibi, learned, none, relative, rotary, sinusoidal");
  expect_error(good + "min_lr = 1\n", "try.toml:16: train.min_lr: expected at most lr");
}

TEST_F(Config, AMissingOrUnknownKindIsAnErrorThatListsTheKinds) {
  const auto tasks = TaskRegistry::instance().names();
  expect_error(replaced(good, "kind = \"grammar\"\n", ""),
               fmt::format("task.kind: expected one of {}, got nothing", fmt::join(tasks, ", ")));
  expect_error(
      replaced(good, "\"transformer\"", "\"transfomer\""),
      "try.toml:8: model.kind: expected one of encoder_decoder, gru, gru_encoder_decoder, lstm, "
      "lstm_encoder_decoder, tanh, tanh_encoder_decoder, transformer, got \"transfomer\"");
}

TEST_F(Config, AMissingFileAndInvalidTomlAreErrors) {
  EXPECT_THAT([&] { read_config(folder_ / "none.toml"); },
              ThrowsMessage<ConfigError>(HasSubstr("none.toml")));
  expect_error(replaced(good, "seed = 7", "seed = = 7"), "try.toml:2:");
  expect_error(good, "expected KEY=VALUE", {"train.steps"});
  expect_error(good, "name is not a section", {"name.x=1"});
}

TEST_F(Config, KeysOfAnotherKindAreIgnoredWithAWarning) {
  const auto config = read(good, {"model.kind=lstm"});
  ASSERT_EQ(config.ignored.size(), 1u);
  EXPECT_THAT(
      config.ignored[0],
      HasSubstr("try.toml:10: model.heads: ignored: model.kind = \"lstm\" does not use it"));
}

TEST_F(Config, TheSeedDeterminesTheModel) {
  auto one = read(good), same = read(good), other = read(good, {"seed=8"});
  for (auto* config : {&one, &same, &other}) prepare_task(*config);
  const auto first = build_model(one)->parameters()[0];
  EXPECT_TRUE(first.equal(build_model(same)->parameters()[0]));
  EXPECT_FALSE(first.equal(build_model(other)->parameters()[0]));
}

TEST_F(Config, AnErrorWhileTheTaskIsPreparedNamesItsKey) {
  auto config =
      read(replaced(good, "kind = \"grammar\"", "kind = \"text\"\npath = \"/no/such/file\""));
  EXPECT_THAT([&] { prepare_task(config); },
              ThrowsMessage<ConfigError>(HasSubstr("try.toml:6: task.path: expected a text file")));
}

TEST_F(Config, AMissingKeyIsNamedWithTheFile) {
  auto config = read(replaced(good, "\"grammar\"", "\"text\""));
  EXPECT_THAT([&] { prepare_task(config); },
              ThrowsMessage<ConfigError>(
                  HasSubstr("try.toml: task.path: expected the path of a text file")));
}

TEST(DemoConfigs, HaveEqualParametersWithinFivePercent) {
  for (const std::string folder : {HEED_SOURCE_DIR "/configs/demo/"}) {
    std::vector<int64_t> counts;
    for (const std::string name : {"transformer", "lstm", "tanh"}) {
      auto config = read_config(folder + name + ".toml");
      prepare_task(config);
      counts.push_back(build_model(config)->parameter_count());
    }
    const auto [least, most] = std::minmax_element(counts.begin(), counts.end());
    EXPECT_LE(static_cast<double>(*most), 1.05 * static_cast<double>(*least));
  }
}

TEST(ShakespeareConfigs, HaveEqualParametersWithinFivePercentOnSixtyFiveCharacters) {
  std::vector<int64_t> counts;
  Vocabulary vocabulary{.unit = "character", .tokens = {}};
  for (int i = 0; i < 65; ++i)
    vocabulary.tokens.push_back(std::string(1, static_cast<char>('0' + i)));
  for (const std::string name :
       {"shakespeare_char", "shakespeare_char_lstm", "shakespeare_char_tanh"}) {
    auto config = read_config(HEED_SOURCE_DIR "/configs/" + name + ".toml");
    prepare_task(config, std::make_shared<Tokenizer>(vocabulary));
    counts.push_back(build_model(config)->parameter_count());
  }
  EXPECT_EQ(counts[0], 804096);
  const auto [least, most] = std::minmax_element(counts.begin(), counts.end());
  EXPECT_LE(static_cast<double>(*most), 1.05 * static_cast<double>(*least));
}

}  // namespace
}  // namespace heed
