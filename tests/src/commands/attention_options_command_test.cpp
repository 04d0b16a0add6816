// Section [attention], encoder-decoder models and hidden words as a user meets them.

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "src/console/console_table.h"
#include "src/figures/gnuplot.h"
#include "tests/src/commands/program.h"

namespace heed {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

const std::string one_layer_grammar = R"([task]
kind = "grammar"
evaluation_rows = 16
[model]
kind = "transformer"
layers = 1
heads = 2
d_model = 16
position = "rotary"
[train]
steps = 10
batch = 4
context = 16
eval_every = 10
threads = 1
)";

const std::string tiny_translation = R"([task]
kind = "translate"
evaluation_rows = 16
[model]
kind = "encoder_decoder"
layers = 1
heads = 2
d_model = 16
position = "sinusoidal"
[train]
steps = 10
batch = 4
eval_every = 10
threads = 1
)";

class AttentionOptionsCommand : public ::testing::Test {
 protected:
  AttentionOptionsCommand() {
    folder_.write("tiny.toml", one_layer_grammar);
    folder_.write("translation.toml", tiny_translation);
  }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  Result train(const std::string& file, const std::vector<std::string>& settings) const {
    std::vector<std::string> arguments = {"train", path(file), "--run", path("run"), "--force"};
    for (const auto& setting : settings) arguments.insert(arguments.end(), {"--set", setting});
    return heed(arguments);
  }

  void train_well(const std::string& file, const std::vector<std::string>& settings = {}) const {
    const auto result = train(file, settings);
    ASSERT_EQ(result.status, 0) << result.err;
  }

  json evaluation(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = {"evaluate", path("run"), "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto result = heed(arguments);
    EXPECT_EQ(result.status, 0) << result.err;
    return json::parse(result.out);
  }

  TemporaryFolder folder_;
};

TEST_F(AttentionOptionsCommand, TheResolvedConfigNamesThePatternAndItsOptions) {
  train_well("tiny.toml", {"attention.pattern=local", "attention.window=5"});
  EXPECT_THAT(read_file(folder_ / "run" / "config.toml"),
              HasSubstr("[attention]\npattern = 'local'\nwindow = 5\n"));
}

TEST_F(AttentionOptionsCommand, TheManualBackwardPassAndTheReferenceLearnTheSame) {
  const auto loss = [this](const std::string& kernels) {
    train_well("tiny.toml", {"train.kernels=" + kernels, "train.precision=float64"});
    return evaluation()["nats_per_token"].get<double>();
  };
  EXPECT_NEAR(loss("fused"), loss("reference"), 1e-9);
}

TEST_F(AttentionOptionsCommand, AMatrixFromAFileIsStoredWithTheRun) {
  std::string rows;
  for (int q = 0; q < 16; ++q) {
    for (int k = 0; k < 16; ++k) rows += k <= q && q - k < 3 ? "1 " : "0 ";
    rows += "\n";
  }
  folder_.write("matrix.txt", rows);
  train_well("tiny.toml", {"attention.pattern=matrix", "attention.matrix=" + path("matrix.txt")});
  const auto loss = evaluation()["nats_per_token"].get<double>();
  std::filesystem::remove(folder_ / "matrix.txt");
  EXPECT_EQ(evaluation()["nats_per_token"].get<double>(), loss);
  train_well("tiny.toml", {"attention.pattern=local", "attention.window=3"});
  EXPECT_NEAR(evaluation()["nats_per_token"].get<double>(), loss, 1e-5);
}

TEST_F(AttentionOptionsCommand, AnUnusableMatrixIsAnErrorWithItsKey) {
  folder_.write("empty_row.txt", "1 0\n0 0\n");
  const auto empty =
      train("tiny.toml", {"attention.pattern=matrix", "attention.matrix=" + path("empty_row.txt")});
  EXPECT_EQ(empty.status, 2);
  EXPECT_THAT(empty.err, AllOf(HasSubstr("attention.matrix"), HasSubstr("row 1")));
  folder_.write("small.txt", "1 0\n1 1\n");
  const auto small =
      train("tiny.toml", {"attention.pattern=matrix", "attention.matrix=" + path("small.txt")});
  EXPECT_EQ(small.status, 2);
  EXPECT_THAT(small.err,
              AllOf(HasSubstr("attention"), HasSubstr("2 positions"), HasSubstr("sequence of 16")));
  const auto none = train("tiny.toml", {"attention.pattern=matrix"});
  EXPECT_EQ(none.status, 2);
  EXPECT_THAT(none.err, HasSubstr("attention.matrix: expected the path"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "run")) << "a refused run left files";
}

TEST_F(AttentionOptionsCommand, ARecurrentModelIgnoresKeysOfAttentionWithAWarning) {
  const auto result = train("tiny.toml", {"model.kind=gru", "attention.pattern=local"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.err,
              HasSubstr("attention.pattern: ignored: model.kind = \"gru\" does not use it"));
}

TEST_F(AttentionOptionsCommand, ARunIsEvaluatedAtFourTimesItsLengthOrExplainsWhyNot) {
  train_well("tiny.toml");
  EXPECT_EQ(evaluation({"--context", "64"})["tokens"].get<int64_t>(), 16 * 64);
  train_well("tiny.toml", {"model.position=learned"});
  const auto learned = heed({"evaluate", path("run"), "--context", "64"});
  EXPECT_EQ(learned.status, 1);
  EXPECT_THAT(learned.err, HasSubstr("learned positions were made for 16 positions"));
  train_well("translation.toml");
  const auto own = heed({"evaluate", path("run"), "--context", "64"});
  EXPECT_EQ(own.status, 2);
  EXPECT_THAT(own.err, HasSubstr("a length of their own"));
}

TEST_F(AttentionOptionsCommand, MaskedWordsAreLearnedFromBothSides) {
  train_well("tiny.toml", {"task.objective=masked", "model.causal=false"});
  EXPECT_EQ(evaluation()["tokens"].get<int64_t>(), 16 * 2);  // 15 % of 16, rounded down
  EXPECT_FALSE(evaluation().contains("bound"));
  const auto attended = heed({"attend", path("run"), "--text", "the <mask> sleeps ."});
  EXPECT_EQ(attended.status, 0) << attended.err;
  const auto generated = heed({"generate", path("run")});
  EXPECT_EQ(generated.status, 1);
  EXPECT_THAT(generated.err, HasSubstr("sees both sides"));
}

TEST_F(AttentionOptionsCommand, ATranslatorIsEvaluatedRecordedAndDrawn) {
  train_well("translation.toml");
  const auto measured = evaluation();
  EXPECT_EQ(measured["exact match"]["asked"].get<int64_t>(), 16);
  EXPECT_TRUE(measured["exact match"].contains("by_length"));
  EXPECT_EQ(measured["alignment"]["heads"][0].size(), 2u);
  EXPECT_EQ(measured["alignment"]["mean_of_heads"].size(), 1u);
  EXPECT_THAT(heed({"evaluate", path("run")}).out, HasSubstr("alignment error rate"));
  const auto attended =
      heed({"attend", path("run"), "--text", "the cats sleep .", "--out", path("maps")});
  EXPECT_EQ(attended.status, 0) << attended.err;
  EXPECT_THAT(attended.out, AllOf(HasSubstr("encoder-attention, 1 layers x 2 heads x 4 x 4"),
                                  HasSubstr("the cats sleep . -> "), HasSubstr("cross-attention")));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "maps" / "attention.npz"));
  for (const std::string figure : {"encoder_layer0", "decoder_layer0", "cross_layer0"})
    EXPECT_EQ(std::filesystem::exists(folder_ / "maps" / (figure + ".png")), Gnuplot::available())
        << figure;
  EXPECT_EQ(heed({"generate", path("run"), "--prompt", "the cats sleep .", "--beam", "3"}).status,
            0);
}

TEST_F(AttentionOptionsCommand, ARecurrentTranslatorHasCrossAttentionUnlessItsContextIsFixed) {
  train_well("translation.toml", {"model.kind=gru_encoder_decoder"});
  const auto attended = heed({"attend", path("run"), "--text", "the cats sleep ."});
  EXPECT_EQ(attended.status, 0) << attended.err;
  EXPECT_THAT(attended.out, HasSubstr("cross-attention, 1 layers x 1 heads"));
  train_well("translation.toml", {"model.kind=gru_encoder_decoder", "model.context=fixed"});
  EXPECT_FALSE(evaluation().contains("alignment"));
  EXPECT_EQ(heed({"attend", path("run"), "--text", "the cats sleep ."}).status, 1);
}

TEST_F(AttentionOptionsCommand, InfoAndBenchNameTheKnownKinds) {
  const auto info = heed({"info"});
  EXPECT_THAT(info.out, AllOf(HasSubstr("block_random"), HasSubstr("2007.14062")));
  std::istringstream lines(info.out);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(display_width(line), 80) << line;
  EXPECT_THAT(heed({"info", "pattern", "local"}).out, HasSubstr("window"));
  const auto unknown = heed({"info", "pattern", "locla"});
  EXPECT_EQ(unknown.status, 2);
  EXPECT_THAT(unknown.err, AllOf(HasSubstr("no such pattern"), HasSubstr("did you mean local?")));
  const auto bench = heed({"bench", "speed"});
  EXPECT_EQ(bench.status, 2);
  EXPECT_THAT(bench.err,
              AllOf(HasSubstr("known are:"), HasSubstr("data"), HasSubstr("sliding-window")));
}

}  // namespace
}  // namespace heed
