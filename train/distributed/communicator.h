#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace heed {

/// The processes that do one thing together, each of them a rank. All of them call the same methods
/// in the same order; each method throws std::runtime_error that says what failed, or RanksLost.
class Communicator {
 public:
  virtual ~Communicator() = default;

  virtual int64_t rank() const = 0;  ///< of this process, in [0, size())
  virtual int64_t size() const = 0;
  virtual int64_t local_rank() const = 0;  ///< among those on this machine
  virtual int64_t local_size() const = 0;
  bool is_root() const { return rank() == 0; }

  struct Range {
    int64_t first = 0, end = 0;
  };
  /// This rank's shard of `rows` rows: as many as any other's, but for one.
  Range shard(int64_t rows) const {
    return {.first = rank() * rows / size(), .end = (rank() + 1) * rows / size()};
  }

  /// Rank 0's bytes, on all.
  virtual void broadcast(std::span<std::byte> bytes) = 0;
  /// What each of them gives, to all, by rank.
  virtual std::vector<std::string> gather(const std::string& bytes) = 0;
  /// Each number becomes its sum over the ranks.
  virtual void sum(std::span<double> numbers) = 0;

  /// The same in the background: returns at once, and the numbers must stay where they are until
  /// finish_sums(). From any thread, but not from two at a time.
  virtual void start_sum(std::span<float> numbers) = 0;
  virtual void start_sum(std::span<double> numbers) = 0;
  /// Gives the sums that were started some of this thread's time.
  virtual void progress() = 0;
  virtual void finish_sums() = 0;

  /// While `stop` is true, no wait for the others is long: it ends with RanksLost.
  virtual void abort_waits_on(const std::atomic<bool>& stop) = 0;

  /// Ends all ranks at once, whatever they do.
  virtual void abort(int status) = 0;

  /// This process, without others.
  static Communicator& single_process();
};

/// Another rank has ended, or does not answer.
class RanksLost : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace heed
