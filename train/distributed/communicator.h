#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace heed {

/// Processes that work together; each is a rank. All of them must call the same methods in the same
/// order. Methods throw RanksLost if another rank has ended, or std::runtime_error that says what
/// failed.
class Communicator {
 public:
  virtual ~Communicator() = default;

  virtual int64_t rank() const = 0;  ///< of this process, in [0, size())
  virtual int64_t size() const = 0;
  virtual int64_t local_rank() const = 0;  ///< among the ranks on this machine
  virtual int64_t local_size() const = 0;
  bool is_root() const { return rank() == 0; }

  struct Range {
    int64_t first = 0, end = 0;
  };
  /// This rank's shard of `rows` rows. Shards differ by one row at most.
  Range shard(int64_t rows) const {
    return {.first = rank() * rows / size(), .end = (rank() + 1) * rows / size()};
  }

  /// Rank 0's bytes, on all ranks.
  virtual void broadcast(std::span<std::byte> bytes) = 0;
  /// Every rank's bytes, by rank, on all ranks.
  virtual std::vector<std::string> gather(const std::string& bytes) = 0;
  /// Each number becomes its sum over the ranks.
  virtual void sum(std::span<double> numbers) = 0;

  /// The same in the background: returns at once, and the numbers must stay in place until
  /// finish_sums(). Callable from any thread, but not from two at a time.
  virtual void start_sum(std::span<float> numbers) = 0;
  virtual void start_sum(std::span<double> numbers) = 0;
  /// Spends a little of this thread's time on the sums that were started.
  virtual void progress() = 0;
  virtual void finish_sums() = 0;

  /// While `stop` is true, waits for other ranks are short and end with RanksLost.
  virtual void abort_waits_on(const std::atomic<bool>& stop) = 0;

  /// Ends all ranks at once, whatever they are doing.
  virtual void abort(int status) = 0;

  /// This process alone.
  static Communicator& single_process();
};

/// Another rank has ended or does not answer.
class RanksLost : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace heed
