#include "src/subprocess.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "tests/train/temporary_folder.h"

namespace heed {
namespace {

const std::atomic<bool> never = false;

ProgramStart child(std::vector<std::string> arguments,
                   std::map<std::string, std::string> environment = {}) {
  arguments.insert(arguments.begin(), "child");
  return {.arguments = arguments, .environment = environment};
}

TEST(Subprocess, StatusesComeInTheOrderOfTheStartsHoweverManyRunAtATime) {
  for (const int64_t jobs : {1, 2, 8}) {
    const auto statuses = run_programs(
        {child({"exit", "3"}), child({"exit", "0"}), child({"signal"}), child({"exit", "7"})}, jobs,
        never);
    EXPECT_THAT(statuses, ::testing::ElementsAre(3, 0, 128 + SIGKILL, 7)) << jobs;
  }
}

TEST(Subprocess, NoMoreThanTheJobsRunAtATime) {
  const TemporaryFolder folder;
  std::vector<ProgramStart> starts(6, child({"count", folder.path().string()}));
  for (const int status : run_programs(starts, 2, never)) EXPECT_LE(status, 2);
}

TEST(Subprocess, TheEnvironmentIsAddedTo) {
  EXPECT_THAT(run_programs({child({"variable"}, {{"HEED_TEST_STATUS", "5"}})}, 1, never),
              ::testing::ElementsAre(5));
}

TEST(Subprocess, StoppingTellsThoseThatRunAndStartsNoMore) {
  const TemporaryFolder folder;
  const auto ready = folder / "ready";
  std::atomic<bool> stop = false;
  std::vector<int> statuses;
  std::thread runner([&] {
    statuses = run_programs({child({"wait", ready.string()}), child({"exit", "0"})}, 1, stop);
  });
  while (!std::filesystem::exists(ready)) std::this_thread::yield();
  stop = true;
  runner.join();
  EXPECT_THAT(statuses, ::testing::ElementsAre(128 + SIGTERM, -1));
}

// What this program does when the tests above start it.
int act_as_child(int argc, char** argv) {
  const std::string what = argc > 2 ? argv[2] : "";
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
