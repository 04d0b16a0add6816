#pragma once

#include <string>

namespace heed {

// What `heed info` prints about the kinds that the registries hold.

/// `heed info`: every kind, and the keys of the sections without kinds.
int print_program_info(bool json);

/// `heed info task NAME`, `heed info model NAME`, `heed info pattern NAME`. Throws ConfigError for
/// a name that does not exist.
int print_task_info(const std::string& name, bool json);
int print_model_info(const std::string& name, bool json);
int print_pattern_info(const std::string& name, bool json);

}  // namespace heed
