#include "src/analysis/head_role.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "src/analysis/head_measure.h"

namespace heed {
namespace {

// So that 0.5 is 0.1 more than 0.4, whatever their last digits.
constexpr double rounding = 1e-9;

bool at_least(double value, double least) { return value >= least - rounding; }

// A lead over an unknown number counts.
bool leads(double value, double other, double by) {
  return std::isnan(other) || at_least(value, other + by);
}

double find_measure(const HeadNumbers& head, const std::string& name) {
  const auto found = head.measures.find(name);
  return found == head.measures.end() ? no_number : found->second;
}

bool holds(const HeadEvidence& evidence, double least, double gain) {
  return at_least(evidence.value, least) && leads(evidence.value, evidence.untrained, gain);
}

// What a measure says about its role.
struct Candidate {
  RoleRule rule;
  HeadEvidence evidence;

  bool holds() const { return heed::holds(evidence, rule.least, rule.gain); }
};

// Of the measures whose rule has that kind, by rank.
std::vector<Candidate> list_candidates(RoleRule::Kind kind, const HeadNumbers& head,
                                       const HeadNumbers& untrained) {
  std::vector<Candidate> result;
  for (const auto& measure : head_measures())
    if (measure.role.kind == kind)
      result.push_back({.rule = measure.role,
                        .evidence = {.role = measure.role.role,
                                     .measure = measure.name,
                                     .value = find_measure(head, measure.name),
                                     .untrained = find_measure(untrained, measure.name)}});
  return result;
}

HeadEvidence offset_mass(const HeadNumbers& head, const HeadNumbers& untrained) {
  return {.role = "positional",
          .measure = fmt::format("offset {}", head.offset),
          .value = head.offset_mass,
          .untrained = untrained.offset_mass};
}

double best_rule(const HeadLink& link) {
  double best = 0;
  for (const double rate : {link.offset_hit_rate, link.first_hit_rate, link.heuristic_hit_rate})
    if (rate > best) best = rate;
  return best;
}

HeadEvidence hit_rate(const HeadLink& link, const HeadNumbers& untrained) {
  HeadEvidence result{
      .role = "link:" + link.name, .measure = "hit rate on " + link.name, .value = link.hit_rate};
  for (const auto& before : untrained.links)
    if (before.name == link.name) result.untrained = before.hit_rate;
  return result;
}

// True if a pattern of tokens that the head follows explains the link.
bool is_explained(const HeadLink& link, const std::vector<Candidate>& patterns) {
  return std::any_of(patterns.begin(), patterns.end(), [&link](const Candidate& pattern) {
    return pattern.rule.explains_links && pattern.holds() &&
           at_least(pattern.evidence.value, link.mass - same_mass);
  });
}

// The links whose rule holds, the one with the largest lead first.
std::vector<HeadEvidence> links_followed(const HeadNumbers& head, const HeadNumbers& untrained,
                                         const std::vector<Candidate>& patterns) {
  std::vector<std::pair<double, HeadEvidence>> found;
  for (const auto& link : head.links) {
    const auto evidence = hit_rate(link, untrained);
    const double lead = link.hit_rate - best_rule(link);
    if (at_least(link.hit_rate, role_hit_rate) && at_least(lead, role_lead) &&
        leads(link.hit_rate, evidence.untrained, role_lead) && !is_explained(link, patterns))
      found.emplace_back(lead, evidence);
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<HeadEvidence> result;
  for (auto& one : found) result.push_back(std::move(one.second));
  return result;
}

// The patterns and the offset whose rule holds, the one that decides on the role first.
std::vector<HeadEvidence> patterns_followed(const std::vector<Candidate>& patterns,
                                            const HeadEvidence& positional, int64_t offset) {
  std::vector<HeadEvidence> result;
  for (const auto& pattern : patterns)
    if (pattern.holds()) result.push_back(pattern.evidence);
  std::stable_sort(result.begin(), result.end(),
                   [](const auto& a, const auto& b) { return a.value > b.value; });
  if (std::abs(offset) <= 1 || !holds(positional, role_mass, role_gain)) return result;
  const bool clearly_more =
      !result.empty() && positional.value > result.front().value + same_mass + rounding;
  result.insert(clearly_more ? result.begin() : result.end(), positional);
  return result;
}

// The offsets -1, 0 and 1 are patterns of their own.
HeadEvidence largest_mass(const std::vector<Candidate>& patterns, const HeadEvidence& positional,
                          int64_t offset) {
  HeadEvidence result;
  const auto consider = [&result](const HeadEvidence& one) {
    if (!std::isnan(one.value) && !(one.value <= result.value)) result = one;
  };
  for (const auto& pattern : patterns) consider(pattern.evidence);
  if (std::abs(offset) > 1) consider(positional);
  result.role = "mixed";
  return result;
}

}  // namespace

HeadRole head_role(const HeadNumbers& head, const HeadNumbers& untrained) {
  const auto patterns = list_candidates(RoleRule::Kind::pattern, head, untrained);
  const auto positional = offset_mass(head, untrained);
  auto roles = links_followed(head, untrained, patterns);
  for (auto& pattern : patterns_followed(patterns, positional, head.offset))
    roles.push_back(std::move(pattern));
  for (const auto& fallback : list_candidates(RoleRule::Kind::fallback, head, untrained))
    if (fallback.holds()) roles.push_back(fallback.evidence);
  if (roles.empty()) roles.push_back(largest_mass(patterns, positional, head.offset));
  HeadRole result{.role = roles.front().role, .evidence = roles.front()};
  result.also.assign(roles.begin() + 1, roles.end());
  return result;
}

}  // namespace heed
