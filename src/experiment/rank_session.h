#pragma once

#include <ATen/ATen.h>

#include <exception>
#include <functional>
#include <memory>

#include "train/distributed/communicator.h"

namespace heed {

/// The ranks that mpirun started, or this process alone. If there are several, only the first logs,
/// and each uses its share of its machine's threads.
class RankSession {
 public:
  /// Throws std::runtime_error that explains how to install MPI if it is needed and missing.
  RankSession();

  Communicator& ranks() { return *ranks_; }
  /// This rank's GPU on a machine with several.
  at::Device device(at::Device device) const;

  /// Runs the work of the ranks, and returns its exit status. If all ranks share a failure, the
  /// first one throws it. Any other failure is logged by its rank, and ends all ranks.
  int run(const std::function<int()>& work);

 private:
  std::unique_ptr<Communicator> joined_;
  Communicator* ranks_;
};

/// Runs work that may fail on one rank only. If it does, all ranks throw: a single rank throws its
/// own exception, several throw FailedOnAllRanks.
void on_all_ranks(Communicator& ranks, const std::function<void()>& work);

/// A failure that all ranks know about.
class FailedOnAllRanks : public std::exception {
 public:
  FailedOnAllRanks(int status, std::exception_ptr cause)
      : status_(status), cause_(std::move(cause)) {}
  const char* what() const noexcept override { return "another rank failed and logged the reason"; }
  int status() const { return status_; }
  /// The exception of the first rank that failed; null on the others.
  const std::exception_ptr& cause() const { return cause_; }

 private:
  int status_;
  std::exception_ptr cause_;
};

}  // namespace heed
