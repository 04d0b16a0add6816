#include "src/analysis/link_scores.h"

#include <fmt/format.h>

#include <cstdlib>
#include <limits>
#include <set>
#include <stdexcept>
#include <utility>

namespace heed {
namespace {

bool follows(AttentionKind attention, const GoldLinks& links) {
  if (links.to_source) return attention == AttentionKind::cross;
  return attention == AttentionKind::self || attention == AttentionKind::decoder;
}

// The links of a batch as indices: their rows of the maps, and their keys.
struct Places {
  at::Tensor rows, queries;  // [N] int64
  at::Tensor keys;           // [N, S] bool
};

Places gather_places(const GoldLinks& links, const at::Tensor& weights) {
  const auto batch = weights.size(0), queries = weights.size(2), keys = weights.size(3);
  const auto count = static_cast<int64_t>(links.links.size());
  Places places{.rows = at::empty({count}, at::kLong),
                .queries = at::empty({count}, at::kLong),
                .keys = at::zeros({count, keys}, at::kBool)};
  auto row = places.rows.accessor<int64_t, 1>(), query = places.queries.accessor<int64_t, 1>();
  auto key = places.keys.accessor<bool, 2>();
  const auto within = [&links](const char* what, int64_t index, int64_t size) {
    if (index < 0 || index >= size)
      throw std::invalid_argument(fmt::format("links \"{}\": expected a {} from 0 to {}, got {}",
                                              links.name, what, size - 1, index));
  };
  for (int64_t i = 0; i < count; ++i) {
    const auto& link = links.links[static_cast<size_t>(i)];
    within("row", row[i] = link.row, batch);
    within("query", query[i] = link.query, queries);
    for (const auto k : link.keys) {
      within("key", k, keys);
      key[i][k] = true;
    }
  }
  const auto device = weights.device();
  return {places.rows.to(device), places.queries.to(device), places.keys.to(device)};
}

}  // namespace

std::string offset_rule(int64_t offset) {
  if (offset == 0) return "always the same position";
  return "always " + std::to_string(std::abs(offset)) + (offset > 0 ? " back" : " ahead");
}

void LinkScores::add(const std::vector<GoldLinks>& links, const std::map<LayerId, HeadMaps>& maps) {
  for (const auto& [layer_id, map] : maps) check(map);
  for (const auto& of_kind : links) {
    Kind& kind = find_or_add_kind(of_kind);
    if (of_kind.links.empty()) continue;
    for (const auto& [layer_id, map] : maps)
      if (follows(layer_id.kind, of_kind)) count_heads(of_kind, map, kind.heads[layer_id]);
    count_rules(of_kind, kind);
  }
}

LinkScores::Kind& LinkScores::find_or_add_kind(const GoldLinks& links) {
  for (auto& kind : kinds_)
    if (kind.kind.name == links.name) return kind;
  kinds_.push_back({.kind = links});
  kinds_.back().kind.links.clear();
  return kinds_.back();
}

void LinkScores::count_rules(const GoldLinks& links, Kind& kind) {
  for (const auto& link : links.links) {
    const std::set<int64_t> keys(link.keys.begin(), link.keys.end());
    ++kind.links;
    for (const auto key : keys) ++kind.offset_hits[link.query - key];
    kind.first_hits += keys.contains(0);
    kind.heuristic_hits += keys.contains(link.heuristic);
  }
}

void LinkScores::count_heads(const GoldLinks& links, const HeadMaps& maps, Sums& sums) {
  const int64_t heads = maps.weights.size(1);
  if (!sums.hits.defined()) {
    sums.hits = at::zeros({heads}, at::kDouble);
    sums.mass = at::zeros({heads}, at::kDouble);
  }
  if (heads != sums.hits.size(0))
    throw std::invalid_argument(fmt::format("links \"{}\": expected maps of {} heads, got {}",
                                            links.name, sums.hits.size(0), heads));
  const auto places = gather_places(links, maps.weights);
  const auto of_links = [&](const at::Tensor& map) {  // [B, H or 1, T, S] -> [N, H or 1, S]
    return map.expand({maps.weights.size(0), -1, -1, -1})
        .permute({0, 2, 1, 3})
        .index({places.rows, places.queries});
  };
  const auto open = of_links(open_keys(maps));
  const auto weights = of_links(maps.weights.detach()).to(at::kDouble) * open;  // [N, H, S]
  const auto keys = places.keys.unsqueeze(1);                                   // [N, 1, S]
  // A query without open keys hits no link.
  const auto best = weights.argmax(-1, /*keepdim=*/true);
  const auto hit = keys.logical_and(open).expand_as(weights).gather(2, best);
  sums.mass += (weights * keys).sum({0, 2}).cpu();
  sums.hits += hit.sum({0, 2}).to(at::kCPU, at::kDouble);
}

std::vector<LinkKindScores> LinkScores::scores() const {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  std::vector<LinkKindScores> result;
  for (const auto& kind : kinds_) {
    const auto links = static_cast<double>(kind.links);
    const auto rate = [links](int64_t hits) {
      return links > 0 ? static_cast<double>(hits) / links : nan;
    };
    int64_t offset = 0, offset_hits = 0;
    for (const auto& [candidate, hits] : kind.offset_hits)
      if (hits > offset_hits || (hits == offset_hits && std::abs(candidate) <= std::abs(offset))) {
        offset = candidate;
        offset_hits = hits;
      }
    LinkKindScores scores{
        .kind = kind.kind,
        .links = kind.links,
        .offset_hit_rate = rate(offset_hits),
        .offset = offset,
        .first_hit_rate = rate(kind.first_hits),
        .heuristic_hit_rate = kind.kind.heuristic.empty() ? nan : rate(kind.heuristic_hits)};
    for (const auto& [layer_id, sums] : kind.heads)
      scores.heads[layer_id] = {.hit_rate = sums.hits / links, .mass = sums.mass / links};
    result.push_back(std::move(scores));
  }
  return result;
}

}  // namespace heed
