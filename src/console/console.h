#pragma once

#include <filesystem>
#include <string>

namespace heed {

// Results go to standard output. Everything else that is said goes to standard error, through
// spdlog, and while a run trains to its log.txt as well.

/// Sets up the log; HEED_LOG names its level (debug, info, warn, error).
void start_log();

/// From now on every line goes to `path` as well; throws std::runtime_error if it cannot be opened.
/// The first line that cannot be written ends that, and throws std::runtime_error with the path and
/// the system's reason from where the line is said.
void log_to_file(const std::filesystem::path& path);
void stop_log_to_file();

/// "1,234,567"
std::string with_thousands(int64_t number);

}  // namespace heed
