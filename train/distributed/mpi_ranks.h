#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "train/distributed/communicator.h"

namespace heed {

/// How many ranks mpirun started this program as; 1 without mpirun.
int64_t launched_ranks();

/// Joins the ranks that mpirun started, until the object is destroyed. Throws std::runtime_error
/// that says how to get MPI if heed was built without it or it is not installed.
std::unique_ptr<Communicator> join_ranks();

/// "Open MPI v4.1.4", or empty if there is none.
std::string mpi_version();

}  // namespace heed

// What libheed_mpi.so exports and mpi_ranks.cpp looks up.
extern "C" {
/// Starts MPI. The caller owns the result.
heed::Communicator* heed_mpi_join();
/// The name and version of the MPI library.
const char* heed_mpi_version();
}
