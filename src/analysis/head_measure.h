#pragma once

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "src/analysis/head_maps.h"

namespace heed {

/// A number for each head and sentence. A measure enters itself from a file of src/analysis/
/// measures/ with a static `HeadMeasureEntry`; tables and figures find it in head_measures().
struct HeadMeasure {
  int rank = 0;              ///< its place in tables, from small to large
  std::string name = {};     ///< "previous": the key in files and the word for such heads
  std::string title = {};    ///< "previous token"
  std::string formula = {};  ///< "mean over q > 0 of A[q, q-1]"
  std::string source = {};   ///< who measured it so
  bool needs_self = false;   ///< defined for self-attention alone
  bool needs_tokens = false;
  /// What of() computes. Padding never counts; rows without an open key neither.
  at::Tensor (*compute)(const HeadMaps&) = nullptr;

  bool applies_to(const HeadMaps& maps) const {
    return (maps.self || !needs_self) && (maps.tokens.defined() || !needs_tokens);
  }

  /// [B, H] double: the mean over a sentence's rows, NaN where it has no row to measure. Throws
  /// std::invalid_argument where it does not apply, or the maps' shapes do not go together.
  at::Tensor of(const HeadMaps& maps) const;
};

/// All of them, by rank.
const std::vector<HeadMeasure>& head_measures();

/// The one of that name. Throws std::invalid_argument if there is none.
const HeadMeasure& head_measure(const std::string& name);

struct HeadMeasureEntry {
  explicit HeadMeasureEntry(HeadMeasure measure);
};

}  // namespace heed
