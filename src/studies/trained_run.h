#pragma once

#include <exception>
#include <filesystem>
#include <string>
#include <vector>

#include "src/experiment/run.h"

namespace heed {

/// Thrown when the user stops a study while it trains.
class StudyInterrupted : public std::exception {
 public:
  const char* what() const noexcept override { return "interrupted"; }
};

/// Settings for a short training, for a classroom, if `quick`; else none.
std::vector<std::string> training_settings(bool quick);

/// Trains by `config`, the text of a config file, as `heed train` does, into folder/NAME, and
/// replaces what was there. `settings` are "key=value". Throws StudyInterrupted.
Run trained_run(const std::filesystem::path& folder, const std::string& name,
                const std::string& config, const std::vector<std::string>& settings = {});

}  // namespace heed
