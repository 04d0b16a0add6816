#include "train/tasks/objective.h"

#include <algorithm>
#include <vector>

#include "train/data/random.h"

namespace heed {
namespace {

constexpr uint64_t first_mask_stream = 4;  // after the streams of the splits and of generation

int64_t corrupted(int64_t token, int64_t mask_token, Random& random) {
  const double fate = random.uniform();
  if (fate < 0.8) return mask_token;
  return fate < 0.9 ? random.below(mask_token) : token;
}

}  // namespace

void Objective::describe(OptionList& list) {
  list.add("objective", &kind, "what to predict: the next token, or masked tokens");
  list.add("mask_share", &mask_share, "share of the tokens that the masked objective hides")
      .above(0)
      .below(1);
}

Batch Objective::apply(Batch batch, uint64_t seed, Split split, int64_t first,
                       int64_t mask_token) const {
  if (!masked()) return batch;
  const auto tokens = batch.input.values.contiguous();      // [B, T]
  const auto counts = batch.targets.ne(not_scored).sum(1);  // [B]: tokens that are not padding
  auto values = tokens.clone();
  auto targets = at::full_like(tokens, not_scored);
  const int64_t length = tokens.size(1);
  for (int64_t b = 0; b < tokens.size(0); ++b) {
    Random random(seed, first_mask_stream + static_cast<uint64_t>(split),
                  static_cast<uint64_t>(first + b));
    const int64_t count = counts[b].item<int64_t>();
    const auto hidden =
        std::max<int64_t>(1, static_cast<int64_t>(mask_share * static_cast<double>(count)));
    for (const int64_t t : random.distinct(hidden, count)) {
      const int64_t at = b * length + t, token = tokens.const_data_ptr<int64_t>()[at];
      targets.mutable_data_ptr<int64_t>()[at] = token;
      values.mutable_data_ptr<int64_t>()[at] = corrupted(token, mask_token, random);
    }
  }
  batch.input.values = values;
  batch.targets = targets;
  return batch;
}

}  // namespace heed
