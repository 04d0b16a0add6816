#include "src/experiment/rank_session.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <sched.h>
#include <spdlog/spdlog.h>
#include <torch/cuda.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "src/console/console.h"
#include "src/experiment/config.h"
#include "train/distributed/mpi_ranks.h"
#include "train/trainer.h"

namespace heed {
namespace {

// Without OMP_NUM_THREADS, a rank uses its share of the processors that it may run on.
void take_share_of_threads(const Communicator& ranks) {
  if (std::getenv("OMP_NUM_THREADS")) return;
  cpu_set_t processors;
  CPU_ZERO(&processors);
  ::sched_getaffinity(0, sizeof processors, &processors);
  const int64_t share = ::sysconf(_SC_NPROCESSORS_ONLN) / ranks.local_size();
  at::set_num_threads(
      static_cast<int>(std::max<int64_t>(1, std::min<int64_t>(CPU_COUNT(&processors), share))));
}

// The exit status of a failure; empty if there is none.
std::string run_guarded(const std::function<void()>& work, std::exception_ptr& failure) {
  try {
    work();
    return "";
  } catch (const ConfigError&) {
    failure = std::current_exception();
    return std::to_string(status_usage);
  } catch (const std::exception&) {
    failure = std::current_exception();
    return std::to_string(status_failed);
  }
}

}  // namespace

RankSession::RankSession() : ranks_(&Communicator::single_process()) {
  if (launched_ranks() == 1) return;
  joined_ = join_ranks();
  ranks_ = joined_.get();
  if (!ranks_->is_root()) spdlog::set_level(std::max(spdlog::level::err, spdlog::get_level()));
  take_share_of_threads(*ranks_);
}

at::Device RankSession::device(at::Device device) const {
  if (!device.is_cuda() || ranks_->size() == 1) return device;
  const auto devices = static_cast<int64_t>(torch::cuda::device_count());
  return {device.type(), static_cast<at::DeviceIndex>(ranks_->local_rank() % devices)};
}

int RankSession::run(const std::function<int()>& work) {
  if (ranks_->size() == 1) return work();
  try {
    return work();
  } catch (const FailedOnAllRanks& failure) {
    if (failure.cause()) std::rethrow_exception(failure.cause());
    return failure.status();
  } catch (const Diverged&) {  // all ranks computed the same
    if (ranks_->is_root()) throw;
    return status_failed;
  } catch (const std::exception& error) {
    spdlog::error("heed: rank {} of {}: {}", ranks_->rank(), ranks_->size(), error.what());
    ranks_->abort(status_failed);
    return status_failed;
  }
}

void on_all_ranks(Communicator& ranks, const std::function<void()>& work) {
  if (ranks.size() == 1) return work();
  std::exception_ptr failure;
  const auto statuses = ranks.gather(run_guarded(work, failure));
  const auto first = std::find_if(statuses.begin(), statuses.end(),
                                  [](const std::string& status) { return !status.empty(); });
  if (first == statuses.end()) return;
  const bool is_mine = first - statuses.begin() == ranks.rank();
  throw FailedOnAllRanks(std::stoi(*first), is_mine ? failure : nullptr);
}

}  // namespace heed
