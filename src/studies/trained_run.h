#pragma once

#include <exception>
#include <filesystem>
#include <string>
#include <vector>

#include "src/experiment/run.h"

namespace heed {

/// Somebody has stopped a study while it trained.
class StudyInterrupted : public std::exception {
 public:
  const char* what() const noexcept override { return "interrupted"; }
};

/// Settings that make a training short, for a classroom, if it is to be `quick`; else none.
std::vector<std::string> training_settings(bool quick);

/// Trains what `config`, the text of a config file, says, as `heed train` does, into
/// folder/NAME; what was there goes. `settings` are "key=value". Throws StudyInterrupted.
Run trained_run(const std::filesystem::path& folder, const std::string& name,
                const std::string& config, const std::vector<std::string>& settings = {});

}  // namespace heed
