#include "src/analysis/findings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "src/analysis/head_measure.h"

namespace heed {
namespace {

using Texts = std::vector<std::string>;

std::string points(double share) { return fmt::format("{:.1f} points", 100 * share); }
std::string percent(double share) { return fmt::format("{:.1f} %", 100 * share); }

// The largest value of a measure among some heads, and the head that has it.
struct Most {
  double value = no_number;
  HeadId head = {};
  void take(double other, const HeadId& whose) {
    if (!std::isnan(other) && !(other <= value)) value = other, head = whose;
  }
};

double most_untrained(const Analysis& analysis, const std::string& measure) {
  Most most;
  for (const auto& head : analysis.heads) most.take(head.untrained.mean(measure), head.head);
  return most.value;
}

// The heads whose role a pattern gives; for some patterns also that there is none.
void add_pattern(const Analysis& analysis, const HeadMeasure& measure, Texts& sentences) {
  Most most;
  Texts heads;
  for (const auto& head : analysis.heads) {
    const double mass = head.trained.mean(measure.name);
    most.take(mass, head.head);
    if (head.role.role == measure.role.role)
      heads.push_back(fmt::format("{} ({:.2f})", to_string(head.head), mass));
  }
  if (std::isnan(most.value) || (heads.empty() && !measure.role.report_none)) return;
  const double before = most_untrained(analysis, measure.name);
  const auto& keys = measure.role.keys;
  sentences.push_back(
      heads.empty()
          ? fmt::format("No head attends to {}: the largest mean weight is {:.2f} ({}), untrained "
                        "{:.2f}.",
                        keys, most.value, to_string(most.head), before)
          : fmt::format("{} attend{} to {}; untrained, no head gives it more than {:.2f}.",
                        fmt::join(heads, ", "), heads.size() == 1 ? "s" : "", keys, before));
}

std::string ablation_text(const Analysis& analysis, const HeadReport& head) {
  const auto& cost = head.importance.mean;
  auto text = fmt::format("With this head at its mean, the loss there rises by {:.3f} ± {:.3f}",
                          cost.loss_on_links.mean, cost.loss_on_links.error);
  if (analysis.accuracy && cost.measure)
    text += fmt::format(" and {} falls from {} to {} (by {})", analysis.measure,
                        percent(*analysis.accuracy), percent(*cost.measure),
                        points(*analysis.accuracy - *cost.measure));
  return text + ".";
}

// The best head on a kind of link, compared with rules that need no attention.
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

// The least and the largest mean of a measure over the heads, trained and untrained.
void add_range(const Analysis& analysis, const HeadMeasure& measure, Texts& sentences) {
  std::vector<double> now, before;
  for (const auto& head : analysis.heads)
    for (const auto& [survey, values] :
         {std::pair{&head.trained, &now}, std::pair{&head.untrained, &before}})
      if (const double value = survey->mean(measure.name); !std::isnan(value))
        values->push_back(value);
  if (now.empty() || before.empty()) return;
  const auto [least, most] = std::minmax_element(now.begin(), now.end());
  const auto [least_before, most_before] = std::minmax_element(before.begin(), before.end());
  sentences.push_back(
      fmt::format(fmt::runtime(measure.range), *least, *most, *least_before, *most_before));
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
      "is {} ({}): {:+.3f}, at zero {:+.3f}.",
      cheap, analysis.heads.size(), to_string(most_important->head), most_important->role.role,
      most_important->importance.mean.all.mean, most_important->importance.zero.all.mean));
}

// What is left of composed heads, such as induction heads, without the heads of an earlier layer.
void add_layer(const Analysis& analysis, const LayerReport& layer, const HeadMeasure& measure,
               Texts& sentences) {
  Most with, without;
  bool composes = false;
  for (const auto& head : analysis.heads) {
    const auto& layer_id = head.head.layer_id;
    if (layer_id.kind != layer.layer_id.kind || layer_id.layer <= layer.layer_id.layer) continue;
    composes = composes || head.role.role == measure.role.role;
    with.take(head.trained.mean(measure.name), head.head);
    without.take(layer.without.mean(head.head, measure.name), head.head);
  }
  if (!composes) return;
  auto text = fmt::format(
      "With all heads of {} at their means, the best {} score of the heads above falls from {:.2f} "
      "to {:.2f}",
      to_string(layer.layer_id), measure.title, with.value, without.value);
  if (analysis.accuracy && layer.cost.measure)
    text += fmt::format(", and {} from {} to {}", analysis.measure, percent(*analysis.accuracy),
                        percent(*layer.cost.measure));
  sentences.push_back(text + ".");
}

}  // namespace

std::vector<std::string> findings(const Analysis& analysis) {
  Texts sentences;
  for (const auto& measure : head_measures())
    if (measure.is_pattern()) add_pattern(analysis, measure, sentences);
  for (const auto& measure : head_measures())
    if (!measure.range.empty()) add_range(analysis, measure, sentences);
  for (const auto& kind : analysis.survey.links) add_link(analysis, kind, sentences);
  add_differences(analysis, sentences);
  add_importance(analysis, sentences);
  for (const auto& layer : analysis.layers)
    for (const auto& measure : head_measures())
      if (measure.role.composed) add_layer(analysis, layer, measure, sentences);
  return sentences;
}

}  // namespace heed
