#include "train/distributed/mpi_ranks.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

namespace heed {
namespace {

// The part of heed that needs MPI is a library of its own, opened on demand, so that heed also runs
// on machines without MPI.
void* library() {
  static void* const handle = ::dlopen("libheed_mpi.so", RTLD_NOW | RTLD_GLOBAL);
  return handle;
}

template <class Function>
Function function(const char* name) {
  return library() ? reinterpret_cast<Function>(::dlsym(library(), name)) : nullptr;
}

}  // namespace

int64_t launched_ranks() {
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE"})
    if (const char* size = std::getenv(name)) return std::max<int64_t>(1, std::atoll(size));
  return 1;
}

std::unique_ptr<Communicator> join_ranks() {
  const auto join = function<decltype(&heed_mpi_join)>("heed_mpi_join");
  if (!join) {
    const char* reason = ::dlerror();
    throw std::runtime_error(fmt::format(
        "mpirun started {} ranks of this program, but this heed has no MPI ({}). Install Open MPI "
        "(apt-get install openmpi-bin libopenmpi-dev), and build heed again with scripts/build",
        launched_ranks(), reason ? reason : "libheed_mpi.so"));
  }
  return std::unique_ptr<Communicator>(join());
}

std::string mpi_version() {
  const auto version = function<decltype(&heed_mpi_version)>("heed_mpi_version");
  return version ? version() : "";
}

}  // namespace heed
