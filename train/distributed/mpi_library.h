#pragma once

// What libheed_mpi.so offers; train/distributed/mpi_ranks.cpp opens it.

namespace heed {
class Communicator;
}

extern "C" {
/// Starts MPI. The caller owns the result.
heed::Communicator* heed_mpi_join();
/// The MPI library's name and version.
const char* heed_mpi_version();
}
