#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace heed {

/// The model name of the CPU from the system, or "unknown".
std::string cpu_model();

/// Describes what measured times depend on: {"cpu", "cores", "system", "instructions" of heed's
/// kernels, "libtorch_instructions", "heed", "libtorch", "threads"}.
nlohmann::ordered_json machine();

/// The output of `heed --version`: the versions of heed and LibTorch, the instruction set of the
/// kernels, and whether this build has CUDA and MPI.
std::string version_text();

}  // namespace heed
