#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "train/distributed/communicator.h"

namespace heed {

/// How many ranks mpirun started this program as; 1 where nothing did.
int64_t launched_ranks();

/// This process among the ranks that mpirun started, until the object goes. Throws
/// std::runtime_error that says how to get MPI, where heed was built without it or it is not
/// installed.
std::unique_ptr<Communicator> join_ranks();

/// "Open MPI v4.1.4", or empty where there is none.
std::string mpi_version();

}  // namespace heed
