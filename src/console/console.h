#pragma once

#include <filesystem>
#include <string>

namespace heed {

// Results go to standard output. All other messages go through spdlog to standard error, and to a
// run's log.txt while it trains.

// The exit status of the program.
constexpr int status_done = 0;
constexpr int status_failed = 1;
constexpr int status_usage = 2;  ///< wrong usage or configuration
constexpr int status_interrupted = 130;

/// Sets up the log; HEED_LOG names its level (debug, info, warn, error).
void start_log();

/// Also writes every line to `path` from now on. Throws std::runtime_error if the file cannot be
/// opened. The first line that cannot be written ends this; logging it throws std::runtime_error
/// with the path and the system's reason.
void log_to_file(const std::filesystem::path& path);
void stop_log_to_file();

/// "1,234,567"
std::string with_thousands(int64_t number);

}  // namespace heed
