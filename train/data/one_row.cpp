#include "train/data/one_row.h"

namespace heed {

SequenceInput one_row(const SequenceInput& batch, int64_t row) {
  const auto cut = [row](const at::Tensor& values, const at::Tensor& lengths) {
    if (!values.defined()) return values;
    const auto one = values.narrow(0, row, 1);
    return lengths.defined() ? one.narrow(1, 0, lengths[row].item<int64_t>()) : one;
  };
  return {.values = cut(batch.values, batch.lengths),
          .source = cut(batch.source, batch.source_lengths)};
}

}  // namespace heed
