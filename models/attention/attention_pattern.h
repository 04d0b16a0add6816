#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>
#include <string>

#include "models/options.h"
#include "models/registry.h"

namespace heed {

/// Which positions of a sequence a position may attend to, apart from causality and padding: one
/// file per kind under models/attention/patterns/.
class AttentionPattern : public Configurable {
 public:
  void describe(OptionList&) override {}

  /// [T, S] boolean, true = may attend, for the last T of S positions; undefined where all may. A
  /// pair's entry does not depend on T, and with `causal`, where no pair with a later key counts,
  /// not on S. Throws std::invalid_argument for lengths that it does not support.
  virtual at::Tensor mask(int64_t queries, int64_t keys, bool causal) const = 0;

  /// W > 0 where the pattern is "query q sees key k if |q - k| < W" and is to be computed in
  /// blocks, in time and memory that grow with length x W.
  virtual int64_t sparse_window() const { return 0; }

  /// The file of a pattern that is read from one. The caller reads it and passes its content to
  /// set_matrix(), because models/ does not access files.
  virtual std::string matrix_file() const { return {}; }
  virtual void set_matrix_file(const std::string&) {}
  /// `matrix` [N, N]: 1 = may attend. Throws std::invalid_argument for other matrices.
  virtual void set_matrix(const at::Tensor& matrix, bool causal);
};

using PatternRegistry = Registry<AttentionPattern>;

}  // namespace heed
