#pragma once

#include <gtest/gtest.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include "src/commands/command.h"

namespace heed {

/// Runs a command within this process, "attend RUN --text TEXT" word by word, and returns what it
/// prints. Its exceptions pass through.
inline std::string run_command(std::vector<std::string> words) {
  const auto command = CommandRegistry::instance().make(words.front());
  CLI::App app;
  add_command(app, words.front(), *command);
  std::reverse(words.begin(), words.end());  // the order that CLI11 expects
  app.parse(words);
  ::testing::internal::CaptureStdout();
  try {
    command->run();
  } catch (...) {
    ::testing::internal::GetCapturedStdout();
    throw;
  }
  return ::testing::internal::GetCapturedStdout();
}

}  // namespace heed
