#include <mpi.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <numeric>
#include <string>
#include <thread>

#include "train/distributed/communicator.h"
#include "train/distributed/mpi_ranks.h"

namespace heed {
namespace {

// When a rank dies, mpirun sends the others SIGTERM and kills them a second later. Rank 0 must have
// saved by then.
constexpr auto patience = std::chrono::milliseconds(300);

void check(int status, const char* doing) {
  if (status == MPI_SUCCESS) return;
  char text[MPI_MAX_ERROR_STRING] = "";
  int length = 0;
  MPI_Error_string(status, text, &length);
  throw RanksLost(std::string("MPI failed while ") + doing + ": " + text);
}

/// The ranks of MPI_COMM_WORLD. All operations are non-blocking and followed by a wait that checks
/// for an abort now and then: a blocking operation would wait for a dead rank for ever.
class MpiCommunicator : public Communicator {
 public:
  MpiCommunicator() {
    int provided = 0;
    MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &provided);
    if (provided < MPI_THREAD_SERIALIZED)
      throw std::runtime_error(
          "this MPI cannot be called from several threads; heed needs one "
          "with MPI_THREAD_SERIALIZED, such as Open MPI");
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &size_);
    MPI_Comm here = MPI_COMM_NULL;
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &here);
    MPI_Comm_rank(here, &local_rank_);
    MPI_Comm_size(here, &local_size_);
    MPI_Comm_free(&here);
  }
  ~MpiCommunicator() override { MPI_Finalize(); }

  int64_t rank() const override { return rank_; }
  int64_t size() const override { return size_; }
  int64_t local_rank() const override { return local_rank_; }
  int64_t local_size() const override { return local_size_; }

  void broadcast(std::span<std::byte> bytes) override {
    constexpr size_t limit = size_t{1} << 30;  // MPI counts in int
    for (size_t first = 0; first < bytes.size(); first += limit) {
      const auto part = bytes.subspan(first, std::min(limit, bytes.size() - first));
      MPI_Request request = MPI_REQUEST_NULL;
      check(MPI_Ibcast(part.data(), static_cast<int>(part.size()), MPI_BYTE, 0, MPI_COMM_WORLD,
                       &request),
            "sharing rank 0's state");
      wait(request);
    }
  }

  std::vector<std::string> gather(const std::string& bytes) override {
    const auto ranks = static_cast<size_t>(size_);
    int local_bytes = static_cast<int>(bytes.size());
    std::vector<int> sizes(ranks), starts(ranks);
    MPI_Request request = MPI_REQUEST_NULL;
    check(MPI_Iallgather(&local_bytes, 1, MPI_INT, sizes.data(), 1, MPI_INT, MPI_COMM_WORLD,
                         &request),
          "gathering");
    wait(request);
    std::exclusive_scan(sizes.begin(), sizes.end(), starts.begin(), 0);
    std::string all(static_cast<size_t>(starts.back() + sizes.back()), '\0');
    check(MPI_Iallgatherv(bytes.data(), local_bytes, MPI_CHAR, all.data(), sizes.data(),
                          starts.data(), MPI_CHAR, MPI_COMM_WORLD, &request),
          "gathering");
    wait(request);
    std::vector<std::string> result;
    for (size_t rank = 0; rank < ranks; ++rank)
      result.push_back(
          all.substr(static_cast<size_t>(starts[rank]), static_cast<size_t>(sizes[rank])));
    return result;
  }

  void sum(std::span<double> numbers) override {
    MPI_Request request = MPI_REQUEST_NULL;
    start(numbers.data(), numbers.size(), MPI_DOUBLE, request);
    wait(request);
  }

  void start_sum(std::span<float> numbers) override { start_sum(numbers, MPI_FLOAT); }
  void start_sum(std::span<double> numbers) override { start_sum(numbers, MPI_DOUBLE); }

  void progress() override {
    int all_done = 0;
    check(MPI_Testall(static_cast<int>(sums_.size()), sums_.data(), &all_done, MPI_STATUSES_IGNORE),
          "adding up gradients");
  }

  void finish_sums() override {
    for (auto& request : sums_) wait(request);
    sums_.clear();
  }

  void abort_waits_on(const std::atomic<bool>& stop) override { stop_ = &stop; }

  void abort(int status) override {
    MPI_Abort(MPI_COMM_WORLD, status);
    std::_Exit(status);
  }

 private:
  using Clock = std::chrono::steady_clock;

  static void start(void* numbers, size_t count, MPI_Datatype type, MPI_Request& request) {
    check(MPI_Iallreduce(MPI_IN_PLACE, numbers, static_cast<int>(count), type, MPI_SUM,
                         MPI_COMM_WORLD, &request),
          "adding up numbers");
  }

  template <class Number>
  void start_sum(std::span<Number> numbers, MPI_Datatype type) {
    sums_.push_back(MPI_REQUEST_NULL);
    start(numbers.data(), numbers.size(), type, sums_.back());
  }

  void wait(MPI_Request& request) {
    Clock::time_point stopped = {};
    for (int64_t tries = 1;; ++tries) {
      int done = 0;
      check(MPI_Test(&request, &done, MPI_STATUS_IGNORE), "waiting for the other ranks");
      if (done) return;
      if (tries % 16 == 0) std::this_thread::yield();
      if (tries % 256 != 0 || !stop_ || !*stop_) continue;
      const auto now = Clock::now();
      if (stopped == Clock::time_point{}) stopped = now;
      if (now - stopped > patience) throw RanksLost("another rank has ended, or does not answer");
    }
  }

  int rank_ = 0, size_ = 1, local_rank_ = 0, local_size_ = 1;
  std::vector<MPI_Request> sums_;
  const std::atomic<bool>* stop_ = nullptr;
};

}  // namespace
}  // namespace heed

heed::Communicator* heed_mpi_join() { return new heed::MpiCommunicator; }

const char* heed_mpi_version() {
  static const std::string version = [] {
    char text[MPI_MAX_LIBRARY_VERSION_STRING] = "";
    int length = 0;
    MPI_Get_library_version(text, &length);
    return std::string(text).substr(0, std::string(text).find_first_of(",\n"));
  }();
  return version.c_str();
}
