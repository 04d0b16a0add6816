#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace heed {

/// The model name of the CPU, as the system tells it; "unknown" where it doesn't.
std::string cpu_model();

/// What figures of speed depend on: {"cpu", "cores", "system", "instructions" of heed's kernels,
/// "libtorch_instructions", "heed", "libtorch", "threads"}.
nlohmann::ordered_json machine();

/// What `heed --version` says: heed's version, LibTorch's, for what CPU the kernels run, and what
/// this build can do besides.
std::string version_text();

}  // namespace heed
