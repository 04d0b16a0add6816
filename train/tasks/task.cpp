#include "train/tasks/task.h"

#include <algorithm>
#include <cctype>

namespace heed {
namespace {

// One function for both outputs: [B, T, O] with targets [B, T], or [B, O] with targets [B].
at::Tensor cross_entropy(const at::Tensor& output, const at::Tensor& targets,
                         at::Reduction::Reduction mode) {
  return at::cross_entropy_loss(output.flatten(0, -2), targets.flatten(), {}, mode, not_scored);
}

}  // namespace

void Scores::count(const std::string& measure, const std::string& by, const std::string& bucket,
                   bool correct) {
  count(measure, by, bucket, correct ? 1 : 0, 1);
}

void Scores::count(const std::string& measure, const std::string& by, const std::string& bucket,
                   int64_t correct, int64_t total) {
  auto found = std::find_if(all.begin(), all.end(), [&](const Score& score) {
    return score.measure == measure && score.by == by && score.bucket == bucket;
  });
  if (found == all.end())
    found = all.insert(all.end(), {.measure = measure, .by = by, .bucket = bucket});
  found->correct += correct;
  found->total += total;
}

const Score* Scores::find(const std::string& measure, const std::string& by,
                          const std::string& bucket) const {
  for (const auto& score : all)
    if (score.measure == measure && score.by == by && score.bucket == bucket) return &score;
  return nullptr;
}

void Scores::sort_buckets() {
  const auto number = [](const std::string& bucket) {
    const bool numbered = !bucket.empty() && std::isdigit(static_cast<unsigned char>(bucket[0]));
    return numbered ? std::stoll(bucket) : int64_t{-1};
  };
  // A measure's breakdown keeps the place of its first bucket.
  const auto breakdown = [before = all](const Score& score) {
    return std::find_if(before.begin(), before.end(),
                        [&](const Score& other) {
                          return other.measure == score.measure && other.by == score.by;
                        }) -
           before.begin();
  };
  std::stable_sort(all.begin(), all.end(), [&](const Score& a, const Score& b) {
    return std::pair(breakdown(a), number(a.bucket)) < std::pair(breakdown(b), number(b.bucket));
  });
}

at::Tensor Task::loss(const at::Tensor& output, const Batch& batch) const {
  return cross_entropy(output, batch.targets, at::Reduction::Mean);
}

at::Tensor Task::losses(const at::Tensor& output, const Batch& batch) const {
  return cross_entropy(output, batch.targets, at::Reduction::None).view(batch.targets.sizes());
}

std::vector<GoldLinks> Task::gold_links(const Batch&) const { return {}; }

at::Tensor Task::scored(const Batch& batch) const { return batch.targets.ne(not_scored); }

std::optional<at::Tensor> Task::exact_losses(const Batch&) const { return std::nullopt; }

void Task::score(const at::Tensor&, const Batch&, Scores&) const {}

RowSource Task::rows(Split split) const {
  return {.rows = evaluation_rows(split), .batch = [this, split](int64_t first, int64_t count) {
            return batch(split, first, count);
          }};
}

}  // namespace heed
