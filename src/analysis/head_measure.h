#pragma once

#include <ATen/ATen.h>

#include <limits>
#include <string>
#include <vector>

#include "src/analysis/head_maps.h"

namespace heed {

constexpr double role_mass = 0.4;     ///< the least weight that makes a role
constexpr double role_gain = 0.1;     ///< how much more that is than the untrained head's
constexpr double role_entropy = 0.8;  ///< the least entropy of a broad head

/// The role of a head for which a measure is large. head_role.h says which of several roles a head
/// gets.
struct RoleRule {
  enum class Kind {
    none,     ///< the measure gives no role
    pattern,  ///< weight on certain keys; among patterns the largest gives the role
    fallback  ///< applies where no link, pattern or offset does
  };
  Kind kind = Kind::none;
  std::string role = {};        ///< "previous"
  double least = role_mass;     ///< the least value of such a head
  double gain = role_gain;      ///< how much more that is than the untrained head's
  std::string keys = {};        ///< in sentences: heads attend to "the previous token"
  bool report_none = false;     ///< findings also say that no head has this role
  bool explains_links = false;  ///< true links that such a head hits need no other explanation
  bool composed = false;        ///< such heads need an earlier layer, which findings then ablate
};

/// A number for each head and sentence. A measure is one file in src/analysis/measures/ with a
/// static `HeadMeasureEntry`; tables, roles, findings, figures, the page and JSON find it, and all
/// that they need, in head_measures().
struct HeadMeasure {
  int rank = 0;              ///< its position in tables, in rising order
  std::string name = {};     ///< the key in files: "previous"
  std::string title = {};    ///< "previous token"
  std::string heading = {};  ///< a short one for tables in a terminal; empty: only files have it
  std::string formula = {};  ///< "mean over q > 0 of A[q, q-1]"
  std::string source = {};   ///< who defined it
  int digits = 2;            ///< after the point, in tables
  bool is_share = true;      ///< lies between 0 and 1, so that figures can show it
  std::string range = {};    ///< a finding: its least and largest mean, trained and untrained
  bool needs_self = false;   ///< defined for self-attention only
  bool needs_tokens = false;
  RoleRule role = {};
  /// What of() computes. Padding and rows without an open key never count.
  at::Tensor (*compute)(const HeadMaps&) = nullptr;

  bool applies_to(const HeadMaps& maps) const {
    return (maps.self || !needs_self) && (maps.tokens.defined() || !needs_tokens);
  }
  bool is_pattern() const { return role.kind == RoleRule::Kind::pattern; }

  /// [B, H] double: the mean over a sentence's rows, NaN where it has no row to measure. Throws
  /// std::invalid_argument where the measure does not apply or the maps' shapes do not match.
  at::Tensor of(const HeadMaps& maps) const;
};

/// All measures, by rank.
const std::vector<HeadMeasure>& head_measures();

/// The measure of that name; null if there is none.
const HeadMeasure* find_head_measure(const std::string& name);

/// The same; throws std::invalid_argument with the known names if there is none.
const HeadMeasure& head_measure(const std::string& name);

struct HeadMeasureEntry {
  explicit HeadMeasureEntry(HeadMeasure measure);
};

}  // namespace heed
