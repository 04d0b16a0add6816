#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "src/analysis/head_maps.h"
#include "train/data/batch.h"

namespace heed {

/// How well the heads of one layer follow the links of one kind. A head hits a link if the open key
/// with its largest weight (the first of equal ones) is one of the link's keys.
struct HeadLinkScores {
  at::Tensor hit_rate = {};  ///< [H] double: share of the links that the head hits
  at::Tensor mass = {};      ///< [H] double: mean weight on the keys of a link
};

/// One kind of link: the hit rates of rules that need no attention, and of the heads. Rates are
/// shares of all links, NaN where there are none.
struct LinkKindScores {
  GoldLinks kind = {};            ///< its names and flags; the links themselves are not kept
  int64_t links = 0;              ///< over all batches
  double offset_hit_rate = 0;     ///< of the best fixed offset
  int64_t offset = 0;             ///< that offset, q - k; of equal ones the smallest, 2 before -2
  double first_hit_rate = 0;      ///< of "always the first key"
  double heuristic_hit_rate = 0;  ///< of the kind's heuristic, NaN where it has none
  std::map<LayerId, HeadLinkScores> heads = {};  ///< of the attentions that could follow it
};

/// The name of the rule "always at this offset q - k": "always 2 back", "always 1 ahead", "always
/// the same position".
std::string offset_rule(int64_t offset);

/// Sums up over batches how heads follow the true links, kind by kind. Links to the source apply to
/// cross-attention, others to the self-attention of the sequence.
class LinkScores {
 public:
  /// One batch: its links, as Task::gold_links() gives them, and its maps. A kind without links in
  /// this batch may be missing. Throws std::invalid_argument for a link that lies outside of the
  /// maps, or maps of another number of heads than before.
  void add(const std::vector<GoldLinks>& links, const std::map<LayerId, HeadMaps>& maps);

  /// In the order in which they first came.
  std::vector<LinkKindScores> scores() const;

 private:
  struct Sums {
    at::Tensor hits, mass;  // [H] double
  };
  struct Kind {
    GoldLinks kind = {};
    int64_t links = 0, first_hits = 0, heuristic_hits = 0;
    std::map<int64_t, int64_t> offset_hits = {};  // by offset
    std::map<LayerId, Sums> heads = {};
  };

  Kind& find_or_add_kind(const GoldLinks& links);
  static void count_rules(const GoldLinks& links, Kind& kind);
  static void count_heads(const GoldLinks& links, const HeadMaps& maps, Sums& sums);

  std::vector<Kind> kinds_;
};

}  // namespace heed
