#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "src/commands/program.h"

namespace heed {

/// How a program ended: the exit status, or minus the signal, and its output.
struct Ended {
  int status = 0;
  std::string output;
};

/// Runs the program in a child of this process, which starts sooner than one that loads LibTorch.
/// Its output comes through a pipe, which no full disk and no limit cuts short. `before` runs in
/// the child first.
inline Ended forked_heed(
    std::vector<std::string> arguments, const std::function<void()>& before = [] {}) {
  arguments.insert(arguments.begin(), "heed");
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  int ends[2];
  if (::pipe(ends) != 0) throw std::runtime_error("cannot make a pipe");
  std::fflush(nullptr);  // else the child prints it again
  const pid_t process = ::fork();
  if (process < 0) throw std::runtime_error("cannot fork");
  if (process == 0) {
    ::dup2(ends[1], 1);
    ::dup2(ends[1], 2);
    ::close(ends[0]);
    ::close(ends[1]);
    before();
    ::_exit(run_program(static_cast<int>(argv.size()), argv.data()));
  }
  ::close(ends[1]);
  Ended ended;
  char buffer[4096];
  for (ssize_t count = 0; (count = ::read(ends[0], buffer, sizeof(buffer))) > 0;)
    ended.output.append(buffer, static_cast<size_t>(count));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(process, &status, 0);
  ended.status = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  return ended;
}

}  // namespace heed
