#pragma once

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/train/files/temporary_folder.h"
#include "train/files/file.h"

namespace heed {

/// A program and its arguments.
struct CommandLine {
  std::vector<std::string> words;
};

/// Starts the program, or another one, as a user would. Its output goes to files.
class Program {
 public:
  explicit Program(std::vector<std::string> arguments)
      : Program(CommandLine{[&arguments] {
          arguments.insert(arguments.begin(), HEED_PROGRAM);
          return arguments;
        }()}) {}

  explicit Program(CommandLine command) {
    std::vector<char*> argv;
    for (auto& word : command.words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const auto out = folder_.write("out", ""), err = folder_.write("err", "");
    process_ = ::fork();
    if (process_ < 0) throw std::runtime_error("cannot fork");
    if (process_ == 0) {
      ::dup2(::open(out.c_str(), O_WRONLY | O_APPEND), 1);
      ::dup2(::open(err.c_str(), O_WRONLY | O_APPEND), 2);
      ::execvp(argv[0], argv.data());
      ::_exit(127);
    }
  }

  ~Program() {
    if (process_ > 0) {
      ::kill(process_, SIGKILL);
      ::waitpid(process_, nullptr, 0);
    }
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  void send(int signal) const { ::kill(process_, signal); }
  bool running() { return process_ > 0 && ::waitpid(process_, &status_, WNOHANG) == 0; }

  /// Waits for the end. Returns the exit status, or minus the signal that ended it.
  int status() {
    if (process_ > 0) {
      ::waitpid(process_, &status_, 0);
      process_ = -1;
    }
    return WIFEXITED(status_) ? WEXITSTATUS(status_) : -WTERMSIG(status_);
  }

  std::string out() const { return read_file(folder_ / "out"); }
  std::string err() const { return read_file(folder_ / "err"); }

 private:
  TemporaryFolder folder_;
  pid_t process_ = -1;
  int status_ = 0;
};

struct Result {
  int status = 0;
  std::string out, err;
};

inline Result heed(const std::vector<std::string>& arguments) {
  Program program(arguments);
  const int status = program.status();
  return {.status = status, .out = program.out(), .err = program.err()};
}

}  // namespace heed
