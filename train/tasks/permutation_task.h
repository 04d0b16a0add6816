#pragma once

#include <cstdint>
#include <vector>

#include "train/tasks/seq2seq_task.h"

namespace heed {

/// Sources of random symbols, "a", "b", ...; the target is the source in another order. First the
/// length is drawn, then each symbol independently. Splits are separate streams of random rows; the
/// shortest rows are few and occur in all of them.
class PermutationTask : public Seq2SeqTask {
 public:
  void describe(OptionList& list) override;
  void check() const override;

 protected:
  /// The source's positions, in the order of the target.
  virtual std::vector<int64_t> order(const std::vector<int64_t>& source) const = 0;

  PairExtent extent() const override;
  Pair pair(Split split, int64_t row) const override;

 private:
  int64_t symbols_ = 16;
  int64_t min_length_ = 1;
  int64_t max_length_ = 20;
};

}  // namespace heed
