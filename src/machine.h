#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace heed {

/// The model name of the CPU, as the system tells it; "unknown" where it doesn't.
std::string cpu_model();

/// What figures of speed depend on: {"cpu", "cores", "system", "instructions" of heed's kernels,
/// "libtorch_instructions", "heed", "libtorch", "threads"}.
nlohmann::ordered_json machine();

}  // namespace heed
