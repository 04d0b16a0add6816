#include "src/analysis/findings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace heed {
namespace {

using Texts = std::vector<std::string>;

std::string points(double share) { return fmt::format("{:.1f} points", 100 * share); }
std::string percent(double share) { return fmt::format("{:.1f} %", 100 * share); }

// The largest of a measure among some heads, and whose it is.
struct Most {
  double value = no_number;
  HeadId head = {};
  void take(double other, const HeadId& whose) {
    if (!std::isnan(other) && !(other <= value)) value = other, head = whose;
  }
};

Most most_untrained(const Analysis& analysis, const std::string& measure) {
  Most most;
  for (const auto& head : analysis.heads) most.take(head.untrained.mean(measure), head.head);
  return most;
}

// Which heads go by a pattern's name; of the two that are asked for most also that none does.
void add_pattern(const Analysis& analysis, const std::string& pattern, const std::string& what,
                 Texts& sentences) {
  Most most;
  Texts heads;
  for (const auto& head : analysis.heads) {
    const double mass = head.trained.mean(pattern);
    most.take(mass, head.head);
    if (head.role.role == pattern)
      heads.push_back(fmt::format("{} ({:.2f})", to_string(head.head), mass));
  }
  if (std::isnan(most.value)) return;
  const bool always = pattern == "previous" || pattern == "induction";
  if (heads.empty() && !always) return;
  const auto before = most_untrained(analysis, pattern).value;
  sentences.push_back(
      heads.empty()
          ? fmt::format("No head attends to {}: the most is {:.2f} ({}), untrained {:.2f}.", what,
                        most.value, to_string(most.head), before)
          : fmt::format("{} attend{} to {}; untrained no head gives it more than {:.2f}.",
                        fmt::join(heads, ", "), heads.size() == 1 ? "s" : "", what, before));
}

void add_patterns(const Analysis& analysis, Texts& sentences) {
  add_pattern(analysis, "previous", "the previous token", sentences);
  add_pattern(analysis, "next", "the next token", sentences);
  add_pattern(analysis, "current", "the token itself", sentences);
  add_pattern(analysis, "first", "the first token", sentences);
  add_pattern(analysis, "duplicate", "earlier occurrences of the same token", sentences);
  add_pattern(analysis, "induction", "what followed an earlier occurrence of the token (induction)",
              sentences);
}

std::string ablation_text(const Analysis& analysis, const HeadReport& head) {
  const auto& cost = head.importance.mean;
  auto text = fmt::format("Set to its mean, the loss there rises by {:.3f} ± {:.3f}",
                          cost.loss_on_links.mean, cost.loss_on_links.error);
  if (analysis.accuracy && cost.measure)
    text += fmt::format(" and {} falls from {} to {} (by {})", analysis.measure,
                        percent(*analysis.accuracy), percent(*cost.measure),
                        points(*analysis.accuracy - *cost.measure));
  return text + ".";
}

// The best head on a kind of link against the rules that need no attention.
void add_link(const Analysis& analysis, const LinkKindScores& kind, Texts& sentences) {
  const HeadReport* best = nullptr;
  const HeadLink* link = nullptr;
  for (const auto& head : analysis.heads)
    for (const auto& one : head.links)
      if (one.name == kind.kind.name && (!link || one.hit_rate > link->hit_rate))
        best = &head, link = &one;
  if (!best || kind.links == 0) return;
  const bool heuristic = !kind.kind.heuristic.empty();
  auto rules = fmt::format("{} hits {}", offset_rule(kind.offset), percent(kind.offset_hit_rate));
  if (heuristic)
    rules += fmt::format(", {} {}", kind.kind.heuristic, percent(kind.heuristic_hit_rate));
  const double best_rule =
      heuristic ? std::max(kind.offset_hit_rate, kind.heuristic_hit_rate) : kind.offset_hit_rate;
  const double lead = link->hit_rate - best_rule;
  auto text =
      fmt::format("{}: {} hits {} of {} links from {} to {}; {}: {} {}{}.", kind.kind.name,
                  to_string(best->head), percent(link->hit_rate), kind.links, kind.kind.from,
                  kind.kind.to, rules, points(std::abs(lead)), lead > 0 ? "more" : "less",
                  !heuristic ? ""
                  : lead > 0 ? " than either"
                             : " than the better of them");
  if (kind.kind.decides) text += " " + ablation_text(analysis, *best);
  sentences.push_back(text);
}

// How far away heads look, in the order from the nearest to the furthest.
void add_distances(const Analysis& analysis, Texts& sentences) {
  std::vector<double> now, before;
  for (const auto& head : analysis.heads)
    for (const auto& [survey, distances] :
         {std::pair{&head.trained, &now}, std::pair{&head.untrained, &before}})
      if (const double distance = survey->mean("distance"); !std::isnan(distance))
        distances->push_back(distance);
  if (now.empty() || before.empty()) return;
  const auto [near, far] = std::minmax_element(now.begin(), now.end());
  const auto [near_before, far_before] = std::minmax_element(before.begin(), before.end());
  sentences.push_back(
      fmt::format("On average heads look {:.1f} to {:.1f} positions away; untrained {:.1f} to "
                  "{:.1f}.",
                  *near, *far, *near_before, *far_before));
}

void add_differences(const Analysis& analysis, Texts& sentences) {
  Texts layers;
  for (const auto& layer : analysis.layers)
    if (!std::isnan(layer.differ))
      layers.push_back(fmt::format("{} by {:.2f} ({:.2f} untrained)", to_string(layer.layer_id),
                                   layer.differ, layer.differ_untrained));
  if (!layers.empty())
    sentences.push_back(fmt::format("The heads of a layer differ (Jensen-Shannon distance): {}.",
                                    fmt::join(layers, ", ")));
}

void add_importance(const Analysis& analysis, Texts& sentences) {
  const HeadReport* most_important = nullptr;
  int64_t cheap = 0;
  for (const auto& head : analysis.heads) {
    const double cost = head.importance.mean.all.mean;
    if (!most_important || cost > most_important->importance.mean.all.mean) most_important = &head;
    cheap += cost < 0.01;
  }
  sentences.push_back(fmt::format(
      "{} of {} heads can each be set to their mean for less than 0.01 of loss; the most important "
      "is {} "
      "({}): {:+.3f}, at zero {:+.3f}.",
      cheap, analysis.heads.size(), to_string(most_important->head), most_important->role.role,
      most_important->importance.mean.all.mean, most_important->importance.zero.all.mean));
}

// What becomes of the induction heads of later layers without the heads of an earlier one.
void add_layer(const Analysis& analysis, const LayerReport& layer, Texts& sentences) {
  Most with, without;
  bool induces = false;
  for (const auto& head : analysis.heads) {
    const auto& layer_id = head.head.layer_id;
    if (layer_id.kind != layer.layer_id.kind || layer_id.layer <= layer.layer_id.layer) continue;
    induces = induces || head.role.role == "induction";
    with.take(head.trained.mean("induction"), head.head);
    without.take(layer.without.mean(head.head, "induction"), head.head);
  }
  if (!induces) return;
  auto text = fmt::format(
      "With all heads of {} at their means, the best induction score of the heads above falls from "
      "{:.2f} to {:.2f}",
      to_string(layer.layer_id), with.value, without.value);
  if (analysis.accuracy && layer.cost.measure)
    text += fmt::format(", and {} from {} to {}", analysis.measure, percent(*analysis.accuracy),
                        percent(*layer.cost.measure));
  sentences.push_back(text + ".");
}

}  // namespace

std::vector<std::string> findings(const Analysis& analysis) {
  Texts sentences;
  add_patterns(analysis, sentences);
  add_distances(analysis, sentences);
  for (const auto& kind : analysis.survey.links) add_link(analysis, kind, sentences);
  add_differences(analysis, sentences);
  add_importance(analysis, sentences);
  for (const auto& layer : analysis.layers) add_layer(analysis, layer, sentences);
  return sentences;
}

}  // namespace heed
