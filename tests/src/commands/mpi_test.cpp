// heed on several ranks, started by mpirun as a user would.

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <sstream>
#include <thread>

#include "src/files/csv_file.h"
#include "tests/src/commands/program.h"
#include "tests/src/commands/tiny_grid.h"
#include "train/distributed/mpi_ranks.h"

namespace heed {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

// How long a dead rank may delay the others.
constexpr auto patience = std::chrono::seconds(30);

const std::string selective_copy_config = R"(
[task]
kind = "selective-copy"
symbols = 2
blanks = 6
evaluation_rows = 33
[model]
kind = "transformer"
layers = 2
heads = 2
d_model = 16
dropout = 0.0
[train]
steps = 100
batch = 9
accumulate = 2
lr = 3e-3
eval_every = 10
checkpoint_every = 50
threads = 1
)";

std::string last_lines(const std::string& text) {
  return text.substr(text.size() > 2000 ? text.size() - 2000 : 0);
}

class Mpi : public testing::Test {
 protected:
  void SetUp() override {
    if (mpi_version().empty()) GTEST_SKIP() << "this heed was built without MPI";
    if (Program(CommandLine{{"mpirun", "--version"}}).status() != 0)
      GTEST_SKIP() << "there is no mpirun";
    ::setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 1);
    ::setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", 1);
    // Open MPI leaks memory in plugins that are unloaded when AddressSanitizer checks, so that its
    // leaks cannot be distinguished from heed's.
    ::setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
    folder_.write("tiny.toml", selective_copy_config);
    folder_.write("grid.toml", tiny_grid);
  }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  // `mpirun -np RANKS heed ...`; more ranks than processors are welcome, and take turns.
  static CommandLine ranks(int count, std::vector<std::string> arguments,
                           const std::vector<std::string>& for_mpirun = {}) {
    CommandLine command{{"mpirun", "--oversubscribe", "-np", std::to_string(count)}};
    auto& words = command.words;
    words.insert(words.end(), for_mpirun.begin(), for_mpirun.end());
    words.push_back(HEED_PROGRAM);
    words.insert(words.end(), arguments.begin(), arguments.end());
    return command;
  }

  static Result result_of(Program& program) {
    const int status = program.status();
    return {.status = status, .out = program.out(), .err = program.err()};
  }

  std::vector<std::string> train(const std::string& run,
                                 const std::vector<std::string>& settings) const {
    std::vector<std::string> arguments = {"train", path("tiny.toml"), "--run", path(run)};
    for (const auto& one : settings)
      if (one.starts_with("--"))
        arguments.push_back(one);
      else
        arguments.insert(arguments.end(), {"--set", one});
    return arguments;
  }

  // One rank trains without mpirun.
  void train_well(int count, const std::string& run,
                  const std::vector<std::string>& settings = {}) const {
    Program program =
        count == 1 ? Program(train(run, settings)) : Program(ranks(count, train(run, settings)));
    const auto result = result_of(program);
    ASSERT_EQ(result.status, 0) << run << ": " << last_lines(result.err);
  }

  CsvFile metrics(const std::string& run) const { return read_csv(path(run) + "/metrics.csv"); }

  // Both trainings number by number, without the times.
  void expect_same(const std::string& run, const std::string& other, double tolerance) const {
    const auto one = metrics(run), two = metrics(other);
    ASSERT_EQ(one.header, two.header);
    ASSERT_EQ(one.rows.size(), two.rows.size()) << run << ", " << other;
    for (size_t row = 0; row < one.rows.size(); ++row)
      for (size_t column = 0; column < one.header.size(); ++column)
        if (one.header[column] != "train_seconds") {
          EXPECT_NEAR(std::stod(one.rows[row][column]), std::stod(two.rows[row][column]), tolerance)
              << run << ", " << other << ": row " << row << ", " << one.header[column];
        }
  }

  TemporaryFolder folder_;
};

// Of the processes that mpirun started, the one with this rank.
std::optional<pid_t> process_of(int rank, const std::string& run) {
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    try {
      const auto command = read_file(entry.path() / "cmdline");
      const auto environment = read_file(entry.path() / "environ");
      if (command.starts_with(HEED_PROGRAM) && command.find(run) != std::string::npos &&
          environment.find(fmt::format("OMPI_COMM_WORLD_RANK={}{}", rank, '\0')) !=
              std::string::npos)
        return std::stoi(name);
    } catch (const std::exception&) {  // it has just ended, or is not ours
    }
  }
  return std::nullopt;
}

int64_t lines(const fs::path& path) {
  const auto text = read_file(path);
  return std::count(text.begin(), text.end(), '\n');
}

template <class Condition>
bool comes_true(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

TEST_F(Mpi, AnyNumberOfRanksHasTheLossesOfOne) {
  for (const auto& [precision, tolerance] :
       std::map<std::string, double>{{"float64", 1e-10}, {"float32", 1e-4}}) {
    const auto setting = "train.precision=" + precision;
    train_well(1, precision, {setting});
    for (const int count : {2, 4}) {
      const auto run = fmt::format("{}_{}", precision, count);
      train_well(count, run, {setting});
      expect_same(precision, run, tolerance);
    }
  }
}

TEST_F(Mpi, DropoutIsTheSameForRanksAndThreads) {
  train_well(1, "threads",
             {"model.dropout=0.2", "train.threads=2", "train.precision=float64", "train.batch=8"});
  train_well(2, "ranks", {"model.dropout=0.2", "train.precision=float64", "train.batch=8"});
  expect_same("threads", "ranks", 1e-10);
}

TEST_F(Mpi, ACheckpointResumesWithAnotherNumberOfRanks) {
  const std::vector<std::string> precise = {"train.precision=float64"};
  train_well(1, "undisturbed", precise);
  Program program(ranks(2, train("moved", precise)));
  ASSERT_TRUE(comes_true([&] { return fs::exists(path("moved") + "/last/state.json"); }));
  program.send(SIGTERM);
  EXPECT_NE(program.status(), 0);
  auto resumed = precise;
  resumed.push_back("--resume");
  train_well(4, "moved", resumed);
  expect_same("undisturbed", "moved", 1e-10);
}

TEST_F(Mpi, ADeadRankEndsAllRanksAndLeavesACheckpointToResume) {
  for (const int victim : {1, 0}) {
    const auto run = fmt::format("lost_{}", victim);
    Program program(ranks(
        3, train(run, {"train.steps=1000000", "train.checkpoint_every=20", "train.accumulate=1"})));
    ASSERT_TRUE(comes_true([&] { return fs::exists(path(run) + "/last/state.json"); }));
    const auto process = process_of(victim, path(run));
    ASSERT_TRUE(process.has_value());
    ::kill(*process, SIGKILL);
    EXPECT_TRUE(comes_true([&] { return !program.running(); }));
    EXPECT_NE(program.status(), 0);
    EXPECT_THAT(program.err(), HasSubstr("signal 9"));
    if (victim > 0) {
      EXPECT_THAT(program.err(),
                  AllOf(HasSubstr("another rank has ended"), HasSubstr("--resume continues from there")));
    }
    EXPECT_EQ(heed({"evaluate", path(run)}).status, 0);
  }
}

TEST_F(Mpi, AnErrorIsLoggedOnce) {
  Program missing(ranks(2, {"train", path("nowhere.toml")}));
  const auto result = result_of(missing);
  EXPECT_EQ(result.status, 2);
  const auto first = result.err.find("nowhere.toml");
  EXPECT_NE(first, std::string::npos);
  EXPECT_EQ(result.err.find("nowhere.toml", first + 1), std::string::npos) << result.err;

  Program few(ranks(2, train("few", {"train.batch=1"})));
  EXPECT_EQ(few.status(), 2);
  EXPECT_THAT(few.err(), HasSubstr("expected at least one row per rank, 2, got 1"));
  EXPECT_FALSE(fs::exists(path("few")));

  Program other(ranks(2, {"evaluate", path("few")}));
  EXPECT_EQ(other.status(), 2);
  EXPECT_THAT(other.err(), HasSubstr("mpirun can start heed train and heed compare only"));
}

TEST_F(Mpi, RanksThatShareASweepHaveTheResultsOfOneProcess) {
  ASSERT_EQ(heed({"compare", path("grid.toml"), "--out", path("alone"), "--jobs", "2"}).status, 0);
  Program program(ranks(2, {"compare", path("grid.toml"), "--out", path("shared")}));
  const auto result = result_of(program);
  ASSERT_EQ(result.status, 0) << last_lines(result.err);
  EXPECT_THAT(result.err, AllOf(HasSubstr("rank 0 takes"), HasSubstr("rank 1 takes"),
                                HasSubstr("4 of 4 are finished")));
  for (const auto& entry : fs::directory_iterator(path("alone") + "/runs")) {
    const auto run = entry.path().filename().string();
    expect_same("alone/runs/" + run, "shared/runs/" + run, 0);
  }
  EXPECT_EQ(lines(path("shared") + "/compare.csv"), lines(path("alone") + "/compare.csv"));
}

TEST_F(Mpi, TheRunOfALostRankIsTrainedAgain) {
  Program program(ranks(2,
                        {"compare", path("grid.toml"), "--out", path("lost"), "--set",
                         "train.steps=600", "--set", "train.checkpoint_every=100"},
                        {"--mca", "orte_enable_recovery", "1"}));
  const auto is_at_work = [&] { return program.err().find("rank 1 takes") != std::string::npos; };
  ASSERT_TRUE(comes_true(is_at_work));
  const auto process = process_of(1, path("lost"));
  ASSERT_TRUE(process.has_value());
  ::kill(*process, SIGKILL);
  program.status();
  EXPECT_THAT(program.err(), AllOf(HasSubstr(" again"), HasSubstr("4 of 4 are finished")));
  EXPECT_EQ(lines(path("lost") + "/compare.csv"), 1 + 4);
}

TEST(WithoutMpi, AStartByMpirunExplainsHowToInstallIt) {
  if (!mpi_version().empty()) GTEST_SKIP() << "this heed was built with MPI";
  ::setenv("OMPI_COMM_WORLD_SIZE", "2", 1);
  const auto result = heed({"train", "any.toml"});
  ::unsetenv("OMPI_COMM_WORLD_SIZE");
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("libopenmpi-dev"), HasSubstr("scripts/build")));
}

}  // namespace
}  // namespace heed
