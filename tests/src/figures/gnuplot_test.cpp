#include "src/figures/gnuplot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <stdexcept>

#include "src/figures/text.h"
#include "tests/train/error_of.h"

namespace heed {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

std::string content_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream content;
  content << in.rdbuf();
  return content.str();
}

// Each test has its own folder; PATH is restored after it.
class GnuplotTest : public testing::Test {
 protected:
  GnuplotTest() {
    const char* path = ::getenv("PATH");
    search_path_ = path ? path : "";
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::temp_directory_path() /
              (std::string("heed_gnuplot_") + test->name() + "_" + std::to_string(::getpid()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~GnuplotTest() override {
    ::setenv("PATH", search_path_.c_str(), 1);
    fs::remove_all(folder_);
  }

  // From now on "gnuplot" is this shell script.
  void pretend(const std::string& script) const {
    fs::create_directories(folder_ / "bin");
    std::ofstream(folder_ / "bin" / "gnuplot") << "#!/bin/sh\nPATH=/usr/bin:/bin\n"
                                               << script << "\n";
    fs::permissions(folder_ / "bin" / "gnuplot", fs::perms::owner_all);
    ::setenv("PATH", ((folder_ / "bin").string() + ":" + search_path_).c_str(), 1);
  }

  size_t files() const {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  std::string search_path_;
  fs::path folder_;
};

// The same for tests that need the true one.
class TrueGnuplotTest : public GnuplotTest {
 protected:
  void SetUp() override {
    if (!Gnuplot::available()) GTEST_SKIP() << missing_gnuplot_hint();
  }
};

TEST(MissingGnuplotHintTest, IsOneLineThatSaysWhatToInstall) {
  EXPECT_THAT(missing_gnuplot_hint(),
              AllOf(HasSubstr("gnuplot-nox"), testing::Not(HasSubstr("\n"))));
}

TEST_F(GnuplotTest, IsNotAvailableWherePathHasNone) {
  ::setenv("PATH", folder_.c_str(), 1);
  EXPECT_FALSE(Gnuplot::available());
  fs::create_directory(folder_ / "gnuplot");
  EXPECT_FALSE(Gnuplot::available()) << "a folder is no program";
  EXPECT_EQ(error_of([] { Gnuplot gnuplot; }), missing_gnuplot_hint());
  EXPECT_EQ(error_of([&] { write_figure(folder_ / "a", {}, "", "plot 1"); }),
            missing_gnuplot_hint());
  ::unsetenv("PATH");
  EXPECT_FALSE(Gnuplot::available());
}

TEST_F(GnuplotTest, SaysWhatAFailingGnuplotSaid) {
  pretend("cat > /dev/null; echo; echo '   the reason' >&2; exit 3");
  Gnuplot gnuplot;
  gnuplot.send("plot 1\n");
  EXPECT_EQ(error_of([&] { gnuplot.finish(); }), "gnuplot failed (status 3): the reason");
}

TEST_F(GnuplotTest, SurvivesAGnuplotThatDies) {
  pretend("kill -9 $$");
  Gnuplot gnuplot;
  // Enough that it cannot all wait on the way.
  for (int i = 0; i < 1000; ++i) gnuplot.send(std::string(10000, '\n'));
  EXPECT_THAT(error_of([&] { gnuplot.finish(); }), HasSubstr("signal 9"));
}

TEST_F(GnuplotTest, DoesNotWaitForAGnuplotThatSaysALot) {
  pretend(
      "i=0; while [ $i -lt 5000 ]; do echo 'a line of a long story of errors' >&2; "
      "i=$((i+1)); done; cat > /dev/null; exit 1");
  Gnuplot gnuplot;
  for (int i = 0; i < 100; ++i) gnuplot.send(std::string(10000, '\n'));
  EXPECT_LT(error_of([&] { gnuplot.finish(); }).size(), 2000U);
}

TEST_F(GnuplotTest, IsEndedWithoutBeingFinished) {
  pretend("cat > /dev/null; exit 1");
  EXPECT_NO_THROW(Gnuplot().send("plot 1\n"));
}

// gnuplot itself does not notice a full disk.
TEST_F(GnuplotTest, NoticesAFileThatWasNotWrittenToItsEnd) {
  pretend("cat > /dev/null; printf 'half a picture' > '" + (folder_ / "a.new.png").string() + "'");
  std::ofstream(folder_ / "a.png") << "old";
  EXPECT_THAT(error_of([&] { write_figure(folder_ / "a", {}, "", "plot 1"); }),
              AllOf(HasSubstr((folder_ / "a").string()), HasSubstr("only a part")));
  EXPECT_EQ(content_of(folder_ / "a.png"), "old");
  EXPECT_EQ(files(), 2U) << "a.png and bin";
}

TEST_F(TrueGnuplotTest, ReportsErrorsOfAScript) {
  Gnuplot gnuplot;
  gnuplot.send("plot sin(x\n");
  EXPECT_THAT(error_of([&] { gnuplot.finish(); }), HasSubstr("')' expected"));
}

TEST_F(TrueGnuplotTest, WritesAPngAndAnSvg) {
  write_figure(folder_ / "fig's \"1\"", {.width = 300, .height = 200},
               "$data << END\n1 2\n2 3\nEND", "plot $data with lines");
  EXPECT_THAT(content_of(folder_ / "fig's \"1\".png"), testing::StartsWith("\x89PNG"));
  EXPECT_THAT(content_of(folder_ / "fig's \"1\".svg"), HasSubstr("width=\"300\" height=\"200\""));
  EXPECT_EQ(files(), 2U);
}

TEST_F(TrueGnuplotTest, NamesTheFileThatItCannotWrite) {
  EXPECT_THAT(error_of([&] { write_figure(folder_ / "absent" / "a", {}, "", "plot 1"); }),
              AllOf(HasSubstr("absent/a.png"), HasSubstr("No such file or directory")));
}

TEST_F(TrueGnuplotTest, LeavesOldFilesWhereAScriptFails) {
  write_figure(folder_ / "a", {}, "", "plot 1");
  const auto before = content_of(folder_ / "a.png");
  EXPECT_NE(error_of([&] { write_figure(folder_ / "a", {}, "", "plot nonsense"); }), "no error");
  EXPECT_EQ(content_of(folder_ / "a.png"), before);
  EXPECT_EQ(files(), 2U);
}

TEST_F(TrueGnuplotTest, ShowsEveryTextAsItIs) {
  const std::vector<std::string> texts = {"'",  "it's",    "\"", "\\", "a\\n", "{x}_y^2",
                                          "@a", "`date`1", "$x", "#",  "%d%%", "שלום"};
  std::string ticks;
  for (size_t i = 0; i < texts.size(); ++i)
    ticks += (i > 0 ? ", " : "") + quote_tick(texts[i]) + " " + std::to_string(i);
  write_figure(folder_ / "a", {}, "", "set xtics (" + ticks + ")\nplot [0:12] x");
  const auto svg = content_of(folder_ / "a.svg");
  for (const auto& text : texts) EXPECT_THAT(svg, HasSubstr("<text>" + text + "</text>"));
}

}  // namespace
}  // namespace heed
