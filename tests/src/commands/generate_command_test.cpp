// `heed generate` as a user types it, on tiny models.

#include <gmock/gmock.h>
#include <CLI/CLI.hpp>

#include "src/files/npz.h"
#include "tests/src/commands/run_command.h"
#include "tests/src/commands/trained_runs.h"
#include "tests/src/files/dictionary.h"

namespace heed {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// One transformer and one LSTM for all tests.
class GenerateCommand : public TrainedRuns<GenerateCommand> {
 protected:
  static void SetUpTestSuite() {
    set_up(two_layer_grammar);
    for (const std::string kind : {"transformer", "lstm"}) train(kind, {"model.kind=" + kind});
  }
  static Result generate(const std::string& run, const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"generate", path(run), "--prompt", "the cats"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return heed(arguments);
  }

  static std::string text(const std::vector<std::string>& more) {
    const auto result = generate("transformer", more);
    EXPECT_EQ(result.status, 0) << result.err;
    return result.out;
  }
};

TEST_F(GenerateCommand, SeveralSamplesHaveHeadersAndTheFirstEqualsASingleSample) {
  const auto one = text({"--tokens", "9", "--seed", "4"});
  const auto three = text({"--tokens", "9", "--seed", "4", "--samples", "3"});
  EXPECT_THAT(three,
              StartsWith("--- sample 1 of 3 ---\n" + one + "--- sample 2 of 3 ---\nthe cats "));
  EXPECT_THAT(three, HasSubstr("\n--- sample 3 of 3 ---\nthe cats "));
  EXPECT_EQ(std::count(three.begin(), three.end(), '\n'), 6);
}

TEST_F(GenerateCommand, AStopTextEndsEachSampleBeforeIt) {
  const auto whole = text({"--tokens", "14", "--samples", "2"});
  const auto second = whole.substr(whole.find("--- sample 2"));
  const auto stop = second.substr(second.size() - 12, 9);  // spans words, and is not at the end
  const auto stopped = text({"--tokens", "14", "--samples", "2", "--stop", stop});
  const auto cut = stopped.substr(stopped.find("--- sample 2"));
  EXPECT_EQ(cut, second.substr(0, second.find(stop, 30)) + "\n");
  EXPECT_EQ(text({"--tokens", "14", "--stop", "no such words"}), text({"--tokens", "14"}));
}

TEST_F(GenerateCommand, APromptThatContainsTheStopTextIsContinued) {
  EXPECT_EQ(text({"--tokens", "1", "--stop", "cats", "--temperature", "0"}),
            text({"--tokens", "1", "--temperature", "0"}));
}

TEST_F(GenerateCommand, RecordsTheAttentionOfTheTokensItReads) {
  const auto result = generate("transformer", {"--tokens", "6", "--attend", path("maps/deep")});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("attention.npz"));
  const auto file = *folder_ / "maps/deep/attention.npz";
  const auto tokens = read_npz_entry(file, "tokens").texts();
  std::string words;
  for (const auto& token : tokens) words += token + " ";
  EXPECT_EQ(tokens.size(), 7u);  // the last of the six was drawn, not read
  EXPECT_THAT(result.out, StartsWith(words));
  EXPECT_THAT(read_npz_entry(file, "prompt").values<int64_t>(), ElementsAre(2)) << "the cats";
  const auto maps = read_npz_entry(file, "attn");
  EXPECT_EQ(maps.shape, (std::vector<int64_t>{2, 1, 2, 7, 7}));

  ASSERT_EQ(heed({"attend", path("transformer"), "--text", words, "--out", path("whole")}).status,
            0);
  const auto whole = read_npz_entry(*folder_ / "whole/attention.npz", "attn").values<float>();
  EXPECT_THAT(maps.values<float>(), ::testing::Pointwise(::testing::FloatNear(1e-5f), whole));
}

TEST_F(GenerateCommand, ExplainsWhatItCannotRecord) {
  const auto samples = generate("transformer", {"--attend", path("no"), "--samples", "2"});
  EXPECT_EQ(samples.status, 2);
  EXPECT_THAT(samples.err, HasSubstr("expected --samples 1, got 2"));
  const auto recurrent = generate("lstm", {"--attend", path("no")});
  EXPECT_EQ(recurrent.status, 1);
  EXPECT_THAT(recurrent.err, HasSubstr("no attention to record"));
  const auto outgrown = generate("transformer", {"--attend", path("no"), "--tokens", "16"});
  EXPECT_EQ(outgrown.status, 1);
  EXPECT_THAT(outgrown.err, HasSubstr("expected at most 16 tokens"));
  EXPECT_FALSE(std::filesystem::exists(path("no/attention.npz")));
  EXPECT_EQ(generate("transformer", {"--attend", path("most"), "--tokens", "15"}).status, 0);
}

TEST_F(GenerateCommand, IncompatibleOptionsAreUsageErrors) {
  const auto greedy = generate("lstm", {"--samples", "2", "--temperature", "0"});
  EXPECT_EQ(greedy.status, 2);
  EXPECT_THAT(greedy.err, HasSubstr("--temperature 1"));
  const auto beam = generate("lstm", {"--beam", "2"});
  EXPECT_EQ(beam.status, 2);
  EXPECT_THAT(beam.err, HasSubstr("answer a source"));
  EXPECT_EQ(generate("lstm", {"--samples", "0"}).status, 2);
  EXPECT_EQ(generate("lstm", {"--length-penalty", "1"}).status, 2);
}

TEST_F(GenerateCommand, ExplainsWhyABidirectionalModelCannotGenerate) {
  train("both", {"model.causal=false", "task.objective=masked"});
  const auto result = generate("both", {});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("cannot generate"), HasSubstr("sees both sides"),
                                HasSubstr("model.causal = true")));
}

/// Runs the command within this program, which has the dictionary task.
class GenerateFromSource : public ::testing::Test {
 protected:
  GenerateFromSource() { write_dictionary_run(folder_ / "run"); }

  std::string text(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"generate", (folder_ / "run").string()});
    return run_command(arguments);
  }

  TemporaryFolder folder_;
};

TEST_F(GenerateFromSource, ThePromptIsTheSourceAndTheAnswerIsTheLikeliest) {
  EXPECT_EQ(text({"--prompt", "two one three"}), "deux un trois\n");
  EXPECT_EQ(text({}), "un\n");
  EXPECT_EQ(text({"--prompt", "two one three", "--tokens", "2"}), "deux un\n");
  EXPECT_EQ(text({"--prompt", "two one three", "--stop", " un"}), "deux\n");
  EXPECT_EQ(text({"--prompt", "one two one two one two one two"}), "un deux un deux un deux\n");
}

TEST_F(GenerateFromSource, SamplesIfASamplingOptionIsGiven) {
  const auto drawn = text({"--prompt", "two one", "--temperature", "2", "--samples", "9"});
  EXPECT_THAT(drawn, AllOf(StartsWith("--- sample 1 of 9 ---\n"), HasSubstr(" ---\ntrois"),
                           Not(HasSubstr("<end>"))));
  EXPECT_EQ(text({"--prompt", "two one", "--top-k", "1", "--samples", "2"}),
            "--- sample 1 of 2 ---\ndeux un\n--- sample 2 of 2 ---\ndeux un\n");
  EXPECT_THROW(text({"--samples", "2"}), ConfigError);
}

TEST_F(GenerateFromSource, ABeamFindsTheLikeliestText) {
  EXPECT_EQ(text({"--prompt", "two one", "--beam", "3"}), "deux un\n");
  EXPECT_EQ(text({"--prompt", "two one", "--beam", "3", "--stop", "un"}), "deux \n");
  EXPECT_THROW(text({"--beam", "3", "--temperature", "1"}), CLI::ParseError);
}

TEST_F(GenerateFromSource, RecordsEncoderDecoderAndCrossAttention) {
  text({"--prompt", "two one three", "--attend", (folder_ / "maps").string()});
  const auto entry = [this](const std::string& name) {
    return read_npz_entry(folder_ / "maps" / "attention.npz", name);
  };
  using Shape = std::vector<int64_t>;
  EXPECT_EQ(entry("encoder").shape, (Shape{1, 1, 1, 3, 3}));
  EXPECT_EQ(entry("decoder").shape, (Shape{1, 1, 1, 4, 4}));
  EXPECT_EQ(entry("cross").shape, (Shape{1, 1, 1, 4, 3}));
  EXPECT_THAT(entry("cross").values<float>(), ElementsAre(1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1));
  EXPECT_THAT(entry("tokens").texts(), ElementsAre("<start>", "deux", "un", "trois"));
  EXPECT_THAT(entry("source_tokens").texts(), ElementsAre("two", "one", "three"));
  EXPECT_THROW(entry("attn"), std::runtime_error);
}

}  // namespace
}  // namespace heed
