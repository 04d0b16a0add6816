#include "src/experiment/subprocess.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <thread>

extern char** environ;

namespace heed {
namespace {

constexpr auto poll_interval = std::chrono::milliseconds(20);

std::vector<std::string> environment_with(const std::map<std::string, std::string>& more) {
  std::vector<std::string> result;
  for (char** entry = environ; *entry; ++entry) {
    const std::string text = *entry;
    if (!more.count(text.substr(0, text.find('=')))) result.push_back(text);
  }
  for (const auto& [name, value] : more) result.push_back(name + "=" + value);
  return result;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (auto& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

// Redirects the streams of a child before it starts.
class FileActions {
 public:
  explicit FileActions(const std::filesystem::path& output) {
    ::posix_spawn_file_actions_init(&actions_);
    if (output.empty()) return;
    ::posix_spawn_file_actions_addopen(&actions_, 1, output.c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                       0666);
    ::posix_spawn_file_actions_adddup2(&actions_, 1, 2);
  }
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

pid_t spawn(const ProgramStart& start) {
  auto arguments = start.arguments;
  arguments.insert(arguments.begin(), "heed");
  auto environment = environment_with(start.environment);
  const FileActions streams(start.output);
  pid_t process = -1;
  const int failure = ::posix_spawn(&process, "/proc/self/exe", streams.get(), nullptr,
                                    pointers(arguments).data(), pointers(environment).data());
  if (failure != 0)
    throw std::runtime_error(fmt::format("cannot start another heed: {}", std::strerror(failure)));
  return process;
}

int exit_status(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

void end_with_parent() {
#ifdef __linux__
  const char* parent = std::getenv(parent_variable);
  if (!parent) return;
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != std::atoi(parent)) ::raise(SIGTERM);  // it has ended already
#endif
}

std::vector<int> run_programs(const std::vector<ProgramStart>& starts, int64_t jobs,
                              const std::atomic<bool>& stop, ProgramWatch& watch) {
  std::vector<int> statuses(starts.size(), -1);
  std::map<pid_t, size_t> running;
  size_t next = 0;
  bool signalled = false;
  while (true) {
    while (!stop && next < starts.size() && static_cast<int64_t>(running.size()) < jobs) {
      running[spawn(starts[next])] = next;
      watch.on_start(next);
      ++next;
    }
    if (running.empty()) return statuses;
    if (stop && !signalled) {
      for (const auto& entry : running) ::kill(entry.first, SIGTERM);
      signalled = true;
    }
    int status = 0;
    const pid_t ended = ::waitpid(-1, &status, WNOHANG);
    const auto found = running.find(ended);
    if (found != running.end()) {
      statuses[found->second] = exit_status(status);
      watch.on_end(found->second, exit_status(status));
      running.erase(found);
    } else {
      watch.on_poll();
      std::this_thread::sleep_for(poll_interval);
    }
  }
}

}  // namespace heed
