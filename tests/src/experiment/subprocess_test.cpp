#include "src/experiment/subprocess.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <thread>
#include <utility>

#include "tests/train/files/temporary_folder.h"
#include "train/files/file.h"

namespace heed {
namespace {

const std::atomic<bool> never = false;

std::vector<int> run(const std::vector<ProgramStart>& starts, int64_t jobs,
                     const std::atomic<bool>& stop = never) {
  ProgramWatch nobody;
  return run_programs(starts, jobs, stop, nobody);
}

ProgramStart child(std::vector<std::string> arguments,
                   std::map<std::string, std::string> environment = {}) {
  arguments.insert(arguments.begin(), "child");
  return {.arguments = std::move(arguments), .environment = std::move(environment)};
}

TEST(Subprocess, StatusesAreInTheOrderOfTheStarts) {
  for (const int64_t jobs : {1, 2, 8}) {
    const auto statuses =
        run({child({"exit", "3"}), child({"exit", "0"}), child({"signal"}), child({"exit", "7"})},
            jobs);
    EXPECT_THAT(statuses, ::testing::ElementsAre(3, 0, 128 + SIGKILL, 7)) << jobs;
  }
}

TEST(Subprocess, AtMostJobsProgramsRunAtATime) {
  const TemporaryFolder folder;
  std::vector<ProgramStart> starts(6, child({"count", folder.path().string()}));
  for (const int status : run(starts, 2)) EXPECT_LE(status, 2);
}

TEST(Subprocess, VariablesAreAddedToTheEnvironment) {
  EXPECT_THAT(run({child({"variable"}, {{"HEED_TEST_STATUS", "5"}})}, 1),
              ::testing::ElementsAre(5));
}

TEST(Subprocess, StoppingSignalsRunningProgramsAndStartsNoMore) {
  const TemporaryFolder folder;
  const auto ready = folder / "ready";
  std::atomic<bool> stop = false;
  std::vector<int> statuses;
  std::thread runner([&] {
    statuses = run({child({"wait", ready.string()}), child({"exit", "0"})}, 1, stop);
  });
  while (!std::filesystem::exists(ready)) std::this_thread::yield();
  stop = true;
  runner.join();
  EXPECT_THAT(statuses, ::testing::ElementsAre(128 + SIGTERM, -1));
}

TEST(Subprocess, BothStreamsOfAChildGoToItsFile) {
  const TemporaryFolder folder;
  auto start = child({"speak"});
  start.output = folder / "said.txt";
  EXPECT_THAT(run({start}, 1), ::testing::ElementsAre(0));
  EXPECT_EQ(read_file(folder / "said.txt"), "out\nerr\n");
}

TEST(Subprocess, TheWatchReceivesEveryStartAndEnd) {
  struct Notes : ProgramWatch {
    void on_start(size_t which) override { started.push_back(which); }
    void on_end(size_t which, int status) override { ended[which] = status; }
    std::vector<size_t> started;
    std::map<size_t, int> ended;
  } notes;
  run_programs({child({"exit", "3"}), child({"exit", "0"})}, 2, never, notes);
  EXPECT_THAT(notes.started, ::testing::ElementsAre(0, 1));
  EXPECT_THAT(notes.ended, ::testing::ElementsAre(::testing::Pair(0, 3), ::testing::Pair(1, 0)));
}

// What this program does when the tests above start it.
int act_as_child(int argc, char** argv) {
  const std::string what = argc > 2 ? argv[2] : "";
  if (what == "speak") {
    std::fputs("out\n", stdout);
    std::fflush(stdout);
    std::fputs("err\n", stderr);
    return 0;
  }
  if (what == "exit") return std::atoi(argv[3]);
  if (what == "variable") return std::atoi(std::getenv("HEED_TEST_STATUS"));
  if (what == "signal") std::raise(SIGKILL);
  if (what == "wait") {
    std::ofstream(argv[3]).flush();
    while (true) ::pause();
  }
  if (what == "count") {  // how many of its kind it sees, itself counted
    const auto own = std::filesystem::path(argv[3]) / std::to_string(::getpid());
    std::ofstream(own).flush();
    int most = 0;
    for (int look = 0; look < 50; ++look) {
      int seen = 0;
      for (const auto& entry : std::filesystem::directory_iterator(argv[3])) seen += entry.exists();
      most = std::max(most, seen);
      std::this_thread::yield();
    }
    std::filesystem::remove(own);
    return most;
  }
  return 99;
}

}  // namespace
}  // namespace heed

int main(int argc, char** argv) {
  if (argc > 1 && std::string(argv[1]) == "child") return heed::act_as_child(argc, argv);
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
