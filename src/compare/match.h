#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace heed {

/// The settings "model.d_model=..." (and "model.d_ff=...", where the widths that the heads allow
/// are too far apart) that give a run of a comparison that many parameters, within a share of
/// `tolerance`. Throws ConfigError with the nearest counts if there are none.
std::vector<std::string> match_parameters(const std::filesystem::path& file,
                                          const std::vector<std::string>& settings,
                                          int64_t parameters, double tolerance);

}  // namespace heed
