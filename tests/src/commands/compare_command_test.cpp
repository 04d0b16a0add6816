// `heed compare` on a grid, as a user types it, on tiny models.

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "src/figures/gnuplot.h"
#include "tests/src/commands/program.h"
#include "tests/src/commands/tiny_grid.h"

namespace heed {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string grid = tiny_grid + R"([tune]
train.lr = [1e-3, 1e-2]
[test]
task.blanks = 12
[cost]
lengths = [8, 16]
)";

class CompareCommand : public ::testing::Test {
 protected:
  CompareCommand() { folder_.write("grid.toml", grid); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  Result compare(const std::string& out, std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments = {"compare", path("grid.toml"), "--out", path(out)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return heed(arguments);
  }

  std::vector<std::vector<std::string>> csv(const std::string& out) const {
    std::vector<std::vector<std::string>> rows;
    std::istringstream lines(read_file(folder_ / out / "compare.csv"));
    for (std::string line; std::getline(lines, line);) {
      std::istringstream cells(line);
      rows.emplace_back();
      for (std::string cell; std::getline(cells, cell, ',');) rows.back().push_back(cell);
    }
    return rows;
  }

  /// The test loss of each run.
  std::map<std::string, std::string> losses(const std::string& out) const {
    const auto rows = csv(out);
    const auto column = static_cast<size_t>(std::find(rows[0].begin(), rows[0].end(), "test_loss") -
                                            rows[0].begin());
    std::map<std::string, std::string> result;
    for (size_t row = 1; row < rows.size(); ++row)
      result[rows[row][0] + rows[row][1]] = rows[row].at(column);
    return result;
  }

  TemporaryFolder folder_;
};

TEST_F(CompareCommand, AGridBecomesTablesFiguresAndAnOfflinePage) {
  const auto result = compare("out", {"--jobs", "2"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("recurrent"), HasSubstr("attention"), HasSubstr("0.01"),
                                HasSubstr("solved"), HasSubstr("recall by distance"),
                                HasSubstr("ms per step")));
  EXPECT_EQ(csv("out").size(), 1u + 8u) << "a row a run";
  const auto page = read_file(folder_ / "out" / "report.html");
  EXPECT_THAT(
      page, AllOf(HasSubstr("Who remembers two symbols?"), HasSubstr("ln 8"), HasSubstr("</html>"),
                  Not(HasSubstr("<script")), Not(HasSubstr("src=")), Not(HasSubstr("<link"))));
  if (!Gnuplot::available()) GTEST_SKIP() << "no gnuplot: the figures are not checked";
  for (const std::string name : {"learning_curves", "runs", "gradient_flow", "cost"}) {
    EXPECT_TRUE(std::filesystem::exists(folder_ / "out/figures" / (name + ".png"))) << name;
    EXPECT_TRUE(std::filesystem::exists(folder_ / "out/figures" / (name + ".svg"))) << name;
    EXPECT_THAT(page, HasSubstr("<figure id=\"" + name + "\">"));
  }
}

TEST_F(CompareCommand, AFailedRunIsReportedAndStopsNoOther) {
  folder_.write("grid.toml", grid +
                                 "[models.broken]\nmodel.kind = \"transformer\"\n"
                                 "model.d_model = 8\nmodel.heads = 3\n");
  const auto result = compare("out", {"--set", "seeds=[1]"});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.out, AllOf(HasSubstr("broken,lr=0.001 failed"), HasSubstr("attention")));
  EXPECT_THAT(result.out, Not(HasSubstr("nan")));
  EXPECT_THAT(read_file(folder_ / "out" / "report.html"),
              AllOf(HasSubstr("What failed"), HasSubstr("expected a divisor of d_model")));
}

TEST_F(CompareCommand, ResumeRepeatsNoFinishedRun) {
  ASSERT_EQ(compare("out", {"--set", "seeds=[1]"}).status, 0);
  const auto finished = folder_ / "out/runs/recurrent,lr=0.01";
  const auto metrics = std::filesystem::last_write_time(finished / "metrics.csv");
  const auto measured = std::filesystem::last_write_time(finished / "result.json");
  std::filesystem::remove_all(folder_ / "out/runs/attention,lr=0.01");
  EXPECT_EQ(compare("out", {"--set", "seeds=[1]"}).status, 2) << "not unasked";
  const auto result = compare("out", {"--set", "seeds=[1]", "--resume"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(csv("out").size(), 1u + 4u);
  EXPECT_EQ(std::filesystem::last_write_time(finished / "metrics.csv"), metrics);
  EXPECT_EQ(std::filesystem::last_write_time(finished / "result.json"), measured);
}

// A sweep that was killed at any point continues, and ends with the results of a whole sweep.
TEST_F(CompareCommand, AKilledSweepContinuesToTheSameNumbers) {
  const std::vector<std::string> longer = {"--set",          "seeds=[1]", "--set",
                                           "train.steps=60", "--jobs",    "2"};
  ASSERT_EQ(compare("whole", longer).status, 0);
  for (const int signal : {SIGTERM, SIGKILL}) {
    const auto out = fmt::format("signal{}", signal);
    {
      std::vector<std::string> arguments = {"compare", path("grid.toml"), "--out", path(out)};
      arguments.insert(arguments.end(), longer.begin(), longer.end());
      Program program(arguments);
      const auto second = folder_ / out / "runs/recurrent,lr=0.01/metrics.csv";
      while (program.running() && !std::filesystem::exists(second)) std::this_thread::yield();
      program.send(signal);
      EXPECT_EQ(program.status(), signal == SIGTERM ? 130 : -SIGKILL);
    }
    auto more = longer;
    more.push_back("--resume");
    const auto resumed = compare(out, more);
    ASSERT_EQ(resumed.status, 0) << resumed.out << resumed.err;
    EXPECT_EQ(losses("whole"), losses(out));
  }
}

TEST_F(CompareCommand, OnlyTrainsAndMeasuresOneRun) {
  const auto result = compare("out", {"--only", "attention,lr=0.01,seed=2"});
  ASSERT_EQ(result.status, 0) << result.err;
  const auto folder = folder_ / "out/runs/attention,lr=0.01,seed=2";
  const auto measured = nlohmann::json::parse(read_file(folder / "result.json"));
  EXPECT_EQ(measured["steps"], 12);
  EXPECT_GT(measured["test"]["rows"], 0);
  EXPECT_FALSE(measured["extrapolation"].is_null());
  EXPECT_EQ(measured["gradient_after"]["distances"].size(),
            measured["gradient_after"]["input"].size());
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out/compare.csv"));
  const auto refused = compare("out", {"--only", "nobody"});
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("there is no such run"));
}

TEST_F(CompareCommand, AnInvalidGridIsRefusedBeforeTraining) {
  folder_.write("grid.toml", grid + "[match]\nparametres = 7\n");
  const auto result = compare("out");
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.err, AllOf(HasSubstr("grid.toml"), HasSubstr("match.parameters?")));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
}

TEST_F(CompareCommand, TrainNamesTheCommandForAGrid) {
  const auto result = heed({"train", path("grid.toml"), "--run", path("run")});
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.err, HasSubstr("heed compare"));
}

}  // namespace
}  // namespace heed
