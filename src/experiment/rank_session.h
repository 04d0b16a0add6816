#pragma once

#include <ATen/ATen.h>

#include <exception>
#include <functional>
#include <memory>

#include "train/distributed/communicator.h"

namespace heed {

/// The ranks that mpirun started this program as, or this process alone. Of several, the first
/// speaks, and each takes its share of its machine's threads.
class RankSession {
 public:
  /// Throws std::runtime_error that says how to get MPI, where it is needed and not there.
  RankSession();

  Communicator& ranks() { return *ranks_; }
  /// On a machine with several GPUs, this rank's.
  at::Device device(at::Device device) const;

  /// Runs what the ranks do, and returns its exit status. Of a failure that all of them share, the
  /// first tells, by an exception; any other one is said where it happens, and ends all ranks.
  int run(const std::function<int()>& work);

 private:
  std::unique_ptr<Communicator> joined_;
  Communicator* ranks_;
};

/// Does what each rank may fail in by itself. If one does, all of them throw: with one rank, what
/// was thrown; with several, FailedOnAllRanks.
void on_all_ranks(Communicator& ranks, const std::function<void()>& work);

/// A failure that all ranks know of.
class FailedOnAllRanks : public std::exception {
 public:
  FailedOnAllRanks(int status, std::exception_ptr told) : status_(status), told_(std::move(told)) {}
  const char* what() const noexcept override { return "another rank failed, and said why"; }
  int status() const { return status_; }
  /// What the first rank that failed is to tell; null on the others.
  const std::exception_ptr& told() const { return told_; }

 private:
  int status_;
  std::exception_ptr told_;
};

}  // namespace heed
