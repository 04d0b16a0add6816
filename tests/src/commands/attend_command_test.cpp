// `heed attend` as a user types it, on tiny models.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "src/figures/gnuplot.h"
#include "src/files/npz.h"
#include "tests/models/closeness.h"
#include "tests/src/commands/run_command.h"
#include "tests/src/commands/trained_runs.h"
#include "train/files/safetensors.h"

namespace heed {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::Not;
using Shape = std::vector<int64_t>;
using Words = std::vector<std::string>;

const std::string three_layer_grammar = R"([task]
kind = "grammar"
evaluation_rows = 6
[model]
kind = "transformer"
layers = 3
heads = 4
d_model = 16
position = "rotary"
[train]
steps = 2
batch = 2
context = 12
threads = 1
)";

/// One model of each kind for all tests; the command runs within this program.
class AttendCommand : public TrainedRuns<AttendCommand> {
 protected:
  static void SetUpTestSuite() {
    set_up(three_layer_grammar);
    train("words", {});
    train("translator", {"task.kind=translate", "model.kind=encoder_decoder", "model.layers=2"});
    train("numbers", {"task.kind=adding", "task.length=5", "model.layers=1"});
  }
  /// What the command prints.
  static std::string attend(const std::string& run, const std::string& out, const Words& more) {
    Words arguments = {"attend", path(run), "--out", path(out)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_command(arguments);
  }

  static std::string error_of(const std::string& run, const Words& arguments) {
    try {
      attend(run, "refused", arguments);
    } catch (const std::exception& error) {
      return error.what();
    }
    return "no error";
  }

  static NpyArray entry(const std::string& out, const std::string& name) {
    return read_npz_entry(*folder_ / out / "attention.npz", name);
  }
  static at::Tensor maps(const std::string& out, const std::string& name = "attn") {
    const auto array = entry(out, name);
    return at::tensor(array.values<float>()).view(array.shape);
  }
};

// This test comes first, since the peak memory of this process counts for the programs it starts.
TEST_F(AttendCommand, ALargerCorpusNeedsNoMoreMemory) {
  std::string line;
  for (int i = 0; i < 30; ++i) line += "the cats sleep . ";
  const auto peak_of = [&line](int lines) {  // in KiB
    std::string text;
    for (int i = 0; i < lines; ++i) text += line + "\n";
    folder_->write("corpus.txt", text);
    const Words arguments = {HEED_PROGRAM, "attend",    path("words"), "--file", path("corpus.txt"),
                             "--one-file", "--figures", "none",        "--out",  path("corpus")};
    std::vector<char*> argv;
    for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    const pid_t process = ::fork();
    if (process == 0) {
      ::dup2(::open(path("printed").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), 1);
      // AddressSanitizer would keep 256 MiB of what is freed.
      ::setenv("ASAN_OPTIONS", "quarantine_size_mb=1", 1);
      ::execv(argv[0], argv.data());
      ::_exit(127);
    }
    // Not the peak that the system counts: of the libraries' pages it keeps what it likes.
    int status = 0;
    int64_t peak = 0;
    std::ifstream statm(fmt::format("/proc/{}/statm", process));
    while (::waitpid(process, &status, WNOHANG) == 0) {
      int64_t size = 0, resident = 0, shared = 0;
      statm.clear();
      statm.seekg(0);
      statm >> size >> resident >> shared;
      peak = std::max(peak, resident - shared);
    }
    EXPECT_EQ(status, 0);
    return peak * ::sysconf(_SC_PAGESIZE) / 1024;
  };
  const auto few = peak_of(5), many = peak_of(200);
  EXPECT_GT(fs::file_size(path("corpus/attention.npz")), 130U << 20);
  // Only the page grows, by one byte per weight in base64, until it is full.
  EXPECT_LT(many - few, 70 << 10) << "KiB more for 130 MiB more";
  EXPECT_THAT(read_file(path("printed")), HasSubstr("corpus: 200 sentences, 24,000 tokens, "));
  fs::remove_all(path("corpus"));
}

TEST_F(AttendCommand, LayersAndHeadsAreChosenByTheirNumbers) {
  attend("words", "all", {"--text", "the cats sleep .", "--figures", "none"});
  attend("words", "some",
         {"--text", "the cats sleep .", "--layers", "0,2", "--heads=3", "--safetensors"});
  const auto whole = maps("all");
  EXPECT_EQ(whole.sizes(), (Shape{3, 1, 4, 4, 4}));
  const auto expected = at::stack({whole[0], whole[2]}).narrow(2, 3, 1);
  EXPECT_TRUE(close(maps("some"), expected, 0));
  EXPECT_THAT(entry("some", "layers").values<int64_t>(), ElementsAre(0, 2));
  EXPECT_THAT(entry("some", "heads").values<int64_t>(), ElementsAre(3));
  EXPECT_THAT(entry("all", "layers").values<int64_t>(), ElementsAre(0, 1, 2));
  const auto file = read_safetensors(path("some/attention.safetensors"));
  EXPECT_TRUE(file.tensors.at("attn").equal(expected));
  EXPECT_EQ(file.metadata.at("layer_names"), R"(["layer 0","layer 2"])");
  EXPECT_FALSE(fs::exists(path("all/attention.safetensors")));
  if (!Gnuplot::available()) GTEST_SKIP() << "figures not checked: " << missing_gnuplot_hint();
  EXPECT_TRUE(fs::exists(path("some/layer2.svg")));
  EXPECT_FALSE(fs::exists(path("some/layer1.svg")));
  EXPECT_THAT(read_file(path("some/layer2.svg")), HasSubstr("layer 2, head 3"));
  EXPECT_FALSE(fs::exists(path("all/layer0.svg")));
}

TEST_F(AttendCommand, MissingLayersHeadsAndFilesAreErrorsAndLeaveNoFolder) {
  EXPECT_THAT(error_of("words", {"--text", "the", "--layers", "0,3"}),
              AllOf(HasSubstr("--layers"), HasSubstr("from 0 to 2"), HasSubstr("got 3")));
  EXPECT_THAT(error_of("words", {"--text", "the", "--heads", "7"}), HasSubstr("from 0 to 3"));
  EXPECT_THAT(error_of("words", {"--sample", "7"}),
              AllOf(HasSubstr("at most 6"), HasSubstr("validation"), HasSubstr("got 7")));
  EXPECT_THAT(error_of("words", {"--file", path("none.txt")}),
              AllOf(HasSubstr("none.txt"), HasSubstr("No such file")));
  EXPECT_THAT(error_of("words", {"--file", path("")}), HasSubstr("directory"));
  folder_->write("empty.txt", "\n\r\n\n");
  EXPECT_THAT(error_of("words", {"--file", path("empty.txt")}), HasSubstr("got none"));
  folder_->write("tabs.txt", "the cats\tsleep\t.\n");
  EXPECT_THAT(error_of("words", {"--file", path("tabs.txt")}),
              AllOf(HasSubstr("tabs.txt:1"), HasSubstr("more than one tab")));
  EXPECT_THAT(error_of("numbers", {"--text", "1 2"}), HasSubstr("--sample"));
  EXPECT_FALSE(fs::exists(path("refused")));
}

TEST_F(AttendCommand, IncompatibleOptionsAreUsageErrors) {
  for (const Words& arguments :
       {Words{"--pair", "the"}, Words{"--text", "the", "--sample", "2"},
        Words{"--text", "the", "--split", "test"}, Words{"--sample", "0"},
        Words{"--sample", "2", "--split", "train"}, Words{"--text", "the", "--layers", "x"},
        Words{"--text", "the", "--figures", "some"}, Words{}})
    EXPECT_THROW(attend("words", "refused", arguments), CLI::ParseError);
}

TEST_F(AttendCommand, APairIsReadAsOneTextWithTheStartOfTheSecond) {
  attend("words", "pair",
         {"--text", "the cats sleep .", "--pair", "the dog runs .", "--figures", "none"});
  attend("words", "joined", {"--text", "the cats sleep . the dog runs .", "--figures", "none"});
  EXPECT_TRUE(close(maps("pair"), maps("joined"), 0));
  EXPECT_EQ(entry("pair", "tokens").texts(), entry("joined", "tokens").texts());
  EXPECT_THAT(entry("pair", "second").values<int64_t>(), ElementsAre(4));
  EXPECT_THROW(entry("joined", "second"), std::runtime_error);
}

TEST_F(AttendCommand, ATranslatorReadsTheSecondTextAsItsTarget) {
  attend("translator", "first", {"--sample", "1", "--figures", "none"});
  const auto source = entry("first", "source_tokens").texts();
  const auto read = entry("first", "tokens").texts(), written = entry("first", "written").texts();
  const auto joined = [](Words::const_iterator first, Words::const_iterator last) {
    std::string text;
    for (; first != last; ++first) text += (text.empty() ? "" : " ") + *first;
    return text;
  };
  const auto out = attend("translator", "given",
                          {"--text", joined(source.begin(), source.end()), "--pair",
                           joined(read.begin() + 1, read.end()), "--figures", "none"});
  EXPECT_EQ(entry("given", "tokens").texts(), read);
  EXPECT_EQ(entry("given", "written").texts(), written);
  EXPECT_EQ(read.front(), "<s>");
  EXPECT_EQ(written.back(), "</s>");
  for (const std::string kind : {"encoder", "decoder", "cross"})
    EXPECT_TRUE(close(maps("given", kind), maps("first", kind), 1e-6)) << kind;
  EXPECT_THAT(out, HasSubstr(joined(source.begin(), source.end()) + " -> "));

  attend("translator", "answered",
         {"--text", joined(source.begin(), source.end()), "--figures", "none"});
  EXPECT_EQ(entry("answered", "tokens").texts().size(),
            entry("answered", "written").texts().size());
  EXPECT_TRUE(close(maps("answered", "encoder"), maps("first", "encoder"), 1e-6));
}

TEST_F(AttendCommand, RowsOfTheTaskAreRecordedAsTheModelReadsThem) {
  const auto out =
      attend("words", "rows", {"--sample", "6", "--split", "test", "--figures", "none"});
  EXPECT_THAT(out, AllOf(HasSubstr("sample0001"), HasSubstr("6 sentences, 72 tokens")));
  attend("words", "validation", {"--sample", "1", "--figures", "none"});
  EXPECT_NE(entry("rows/sample0001", "tokens").texts(), entry("validation", "tokens").texts());
  for (int row = 1; row <= 6; ++row) {
    const auto tokens = entry("rows/sample000" + std::to_string(row), "tokens").texts();
    ASSERT_EQ(tokens.size(), 12U);
    std::string text;
    for (const auto& token : tokens) text += token + " ";
    if (row > 2) continue;
    attend("words", "again", {"--text", text, "--figures", "none"});
    EXPECT_TRUE(close(maps("rows/sample000" + std::to_string(row)), maps("again"), 1e-6));
  }
}

TEST_F(AttendCommand, NumbersAreRoundedForDisplay) {
  attend("numbers", "signal", {"--sample", "1", "--figures", "none"});
  const auto tokens = entry("signal", "tokens").texts();
  ASSERT_EQ(tokens.size(), 5U);
  for (const auto& token : tokens)
    EXPECT_THAT(token, ::testing::MatchesRegex("-?[0-9.e-]+ -?[01]")) << token;
  EXPECT_EQ(maps("signal").sizes(), (Shape{1, 1, 4, 5, 5}));
}

TEST_F(AttendCommand, OneFileHoldsTheSameAsOneFolderPerSentence) {
  folder_->write("three.txt", "the cats sleep .\r\n\nthe dog runs .\tthe cat sleeps .\nthe\n");
  attend("words", "folders", {"--file", path("three.txt"), "--figures", "none"});
  attend("words", "one", {"--file", path("three.txt"), "--one-file", "--figures", "none"});
  EXPECT_THAT(entry("one", "sentences").values<int64_t>(), ElementsAre(1, 3, 4));
  for (const std::string number : {"0001", "0003", "0004"}) {
    EXPECT_TRUE(close(maps("one", "attn_0" + number), maps("folders/line" + number), 0));
    EXPECT_EQ(entry("one", "tokens_0" + number).texts(),
              entry("folders/line" + number, "tokens").texts());
  }
  EXPECT_THAT(entry("one", "tokens_00001").texts(), ElementsAre("the", "cats", "sleep", "."));
  EXPECT_THAT(entry("one", "second_00003").values<int64_t>(), ElementsAre(4));
  EXPECT_THAT(entry("one", "layers").values<int64_t>(), ElementsAre(0, 1, 2));
  EXPECT_FALSE(fs::exists(path("one/line0001")));
}

TEST_F(AttendCommand, HundredsOfSentencesPrintAFewLines) {
  std::string text;
  std::vector<int64_t> numbers;
  for (int64_t i = 1; i <= 300; ++i) {
    text += i % 2 ? "the cats sleep .\n" : "the dog runs . the\n";
    numbers.push_back(i);
  }
  folder_->write("hundreds.txt", text);
  const auto out = attend("words", "hundreds",
                          {"--file", path("hundreds.txt"), "--one-file", "--float16",
                           "--safetensors", "--layers", "1", "--figures", "none"});
  EXPECT_LE(std::count(out.begin(), out.end(), '\n'), 20);
  EXPECT_THAT(out, Not(HasSubstr("line0005")));
  EXPECT_THAT(out, AllOf(HasSubstr("hundreds, line0001: self"),
                         HasSubstr("300 sentences, 1,350 tokens, "), HasSubstr(" MB in ")));
  EXPECT_THAT(entry("hundreds", "sentences").values<int64_t>(), ElementsAreArray(numbers));
  EXPECT_EQ(entry("hundreds", "attn_00300").dtype, "<f2");
  attend("words", "last", {"--text", "the dog runs . the", "--layers", "1", "--figures", "none"});
  EXPECT_TRUE(close(maps("hundreds", "attn_00300"), maps("last"), 1.0 / 4096));
  const auto file = read_safetensors(path("hundreds/attention.safetensors"));
  EXPECT_EQ(file.tensors.at("attn_00300").scalar_type(), at::kHalf);
  EXPECT_TRUE(
      close(file.tensors.at("attn_00300").to(at::kFloat), maps("hundreds", "attn_00300"), 0));
  EXPECT_EQ(file.metadata.at("tokens_00001"), R"(["the","cats","sleep","."])");
  EXPECT_EQ(std::distance(fs::directory_iterator(path("hundreds")), fs::directory_iterator()), 3);
  EXPECT_TRUE(fs::exists(path("hundreds/attention.html")));
}

TEST_F(AttendCommand, AnUnreadableLineIsNamedAndLeavesNoPartialArchive) {
  folder_->write("broken.txt", "the cats sleep .\nthe \xFF .\n");
  EXPECT_THAT(
      [] {
        attend("words", "half", {"--file", path("broken.txt"), "--one-file", "--figures", "none"});
      },
      ::testing::ThrowsMessage<std::runtime_error>(HasSubstr("broken.txt:2")));
  EXPECT_TRUE(fs::is_empty(path("half")));
}

TEST_F(AttendCommand, FiguresAreDrawnForTheFirstEightSentencesUnlessAsked) {
  if (!Gnuplot::available()) GTEST_SKIP() << missing_gnuplot_hint();
  std::string text;
  for (int i = 0; i < 9; ++i) text += "the cats\n";
  folder_->write("nine.txt", text);
  const Words one_head = {"--file", path("nine.txt"), "--layers", "0", "--heads", "0"};
  const auto with = [&one_head](const Words& more) {
    auto arguments = one_head;
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  };
  attend("words", "eight", with({"--one-file"}));
  EXPECT_TRUE(fs::exists(path("eight/line0008/layer0.png")));
  EXPECT_FALSE(fs::exists(path("eight/line0009")));
  attend("words", "nine", with({"--figures", "all"}));
  EXPECT_TRUE(fs::exists(path("nine/line0009/layer0.png")));
}

TEST_F(AttendCommand, AMissingOrOutdatedAnalysisIsLeftOutOfThePage) {
  const auto analysis = *folder_ / "words/analysis/analysis.json";
  fs::create_directories(analysis.parent_path());
  for (const std::string text : {"{", "{}", R"({"step": 2})", R"({"step": 1})"}) {
    write_file(analysis, text);
    attend("words", "with_analysis", {"--text", "the cats", "--figures", "none"});
    EXPECT_TRUE(fs::exists(path("with_analysis/attention.html"))) << text;
  }
  fs::remove_all(analysis.parent_path());
}

}  // namespace
}  // namespace heed
