// heed completion, heed man and --help.

#include <gmock/gmock.h>

#include <sstream>

#include "src/commands/command.h"
#include "src/console/command_spec.h"
#include "src/console/console_table.h"
#include "tests/src/commands/program.h"

namespace heed {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::vector<std::string> commands = {"train",   "evaluate",   "generate", "attend",
                                           "analyze", "compare",    "study",    "bench",
                                           "info",    "completion", "man"};

TEST(CommandNames, AreInTheOrderOfHelp) { EXPECT_EQ(command_names(), commands); }

std::string output_of(const std::string& command) {
  std::string output;
  auto* pipe = ::popen(command.c_str(), "r");
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) output += static_cast<char>(c);
  return ::pclose(pipe) == 0 ? output : "failed: " + output;
}

bool is_there(const std::string& program) {
  return std::system(("command -v " + program + " >/dev/null").c_str()) == 0;
}

class Completion : public ::testing::Test {
 protected:
  // The script in a file.
  std::string script(const std::string& shell) {
    const auto result = heed({"completion", shell});
    EXPECT_EQ(result.status, status_done) << result.err;
    write_file(folder_ / shell, result.out);
    return (folder_ / shell).string();
  }

  TemporaryFolder folder_;
};

TEST_F(Completion, EveryCommandsHelpHasAnExampleAndFitsInto80Columns) {
  for (const auto& command : commands) {
    const auto help = heed({command, "--help"}).out;
    EXPECT_THAT(help, HasSubstr("Examples:\n  ")) << command;
    EXPECT_THAT(help.substr(help.find("Examples:")), HasSubstr("heed " + command));
    std::istringstream lines(help);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(display_width(line), 80) << line;
  }
}

TEST_F(Completion, TheProgramsHelpListsEveryCommand) {
  const auto help = heed({"--help"}).out;
  for (const auto& spec : command_specs())
    EXPECT_THAT(help, HasSubstr("  " + spec.name + " ")) << help;
  EXPECT_THAT(help, HasSubstr("measure what each attention head does"));
}

TEST_F(Completion, BashCompletesCommandsAndTheirOptions) {
  const auto file = script("bash");
  const auto completed = [&](const std::string& words, int word) {
    return output_of("bash -c 'source " + file + "; COMP_WORDS=(" + words +
                     "); COMP_CWORD=" + std::to_string(word) + "; _heed; echo ${COMPREPLY[*]}'");
  };
  EXPECT_EQ(completed("heed tr", 1), "train\n");
  EXPECT_EQ(completed("heed train --re", 2), "--resume\n");
  EXPECT_EQ(completed("heed evaluate --re", 2), "\n");
  EXPECT_THAT(completed("heed \"\"", 1), HasSubstr("compare"));
}

TEST_F(Completion, ZshAndFishReadTheirScripts) {
  for (const std::string shell : {"zsh", "fish"}) {
    const auto file = script(shell);
    for (const auto& command : commands) EXPECT_THAT(read_file(file), HasSubstr(command)) << shell;
    if (is_there(shell)) {
      EXPECT_THAT(output_of(shell + " -n " + file + " 2>&1"), Not(HasSubstr("failed"))) << shell;
    } else {
      std::printf("%s is not installed: its script was not read by it\n", shell.c_str());
    }
  }
}

TEST_F(Completion, AnotherShellIsRefused) {
  const auto refused = heed({"completion", "tcsh"});
  EXPECT_EQ(refused.status, status_usage);
  EXPECT_THAT(refused.err, HasSubstr("bash"));
}

TEST_F(Completion, TheManualHasEveryCommandAndOption) {
  const auto page = heed({"man"}).out;
  for (const auto& command : commands) EXPECT_THAT(page, HasSubstr(".SS heed " + command + "\n"));
  EXPECT_THAT(page, HasSubstr("\\fB\\-\\-set\\fR"));
  if (!is_there("groff")) GTEST_SKIP() << "groff is not installed: the page was not formatted";
  write_file(folder_ / "heed.1", page);
  const auto file = (folder_ / "heed.1").string();
  EXPECT_EQ(output_of("groff -man -Tascii -ww -z " + file + " 2>&1"), "");
}

TEST(ManPage, EscapesTheMarkupOfTroff) {
  const auto page = man_page({{.name = "x", .summary = ".a \\b-c"}}, "1");
  EXPECT_THAT(page, HasSubstr("\n\\&.a \\eb\\-c\n"));
}

}  // namespace
}  // namespace heed
