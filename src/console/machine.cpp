#include "src/console/machine.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <fmt/format.h>
#include <sys/utsname.h>
#include <torch/version.h>

#include <fstream>
#include <thread>

#include "models/dispatch.h"
#include "src/version.h"
#include "train/distributed/mpi_ranks.h"

namespace heed {

std::string cpu_model() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    const auto colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

nlohmann::ordered_json machine() {
  utsname system{};
  ::uname(&system);
  return {{"cpu", cpu_model()},
          {"cores", std::thread::hardware_concurrency()},
          {"system", fmt::format("{} {} {}", system.sysname, system.release, system.machine)},
          {"instructions", fused::instruction_set_name()},
          {"libtorch_instructions", at::get_cpu_capability()},
          {"heed", HEED_VERSION},
          {"libtorch", TORCH_VERSION},
          {"threads", at::get_num_threads()}};
}

std::string version_text() {
  const auto mpi = mpi_version();
  return fmt::format("heed {}\nLibTorch {}, {} CUDA\nkernels for {}\n{}\n", HEED_VERSION,
                     TORCH_VERSION, at::hasCUDA() ? "with" : "without",
                     fused::instruction_set_name(), mpi.empty() ? "without MPI" : mpi);
}

}  // namespace heed
