#include "src/analysis/head_role.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <utility>

namespace heed {
namespace {

const std::array patterns = {"previous", "next", "current", "first", "duplicate", "induction"};

// So that 0.5 is 0.1 more than 0.4, whatever their last digits.
constexpr double rounding = 1e-9;

bool at_least(double value, double least) { return value >= least - rounding; }

// Whether it is; also if it is not known what is to be led.
bool leads(double value, double other, double by) {
  return std::isnan(other) || at_least(value, other + by);
}

double find_measure(const HeadNumbers& head, const std::string& name) {
  const auto found = head.measures.find(name);
  return found == head.measures.end() ? no_number : found->second;
}

bool has_mass(const HeadEvidence& evidence) {
  return at_least(evidence.value, role_mass) &&
         leads(evidence.value, evidence.untrained, role_gain);
}

std::vector<HeadEvidence> pattern_masses(const HeadNumbers& head, const HeadNumbers& untrained) {
  std::vector<HeadEvidence> result;
  for (const std::string name : patterns)
    result.push_back({.role = name,
                      .measure = name,
                      .value = find_measure(head, name),
                      .untrained = find_measure(untrained, name)});
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

// Whether a pattern of tokens that the head follows is all there is to the link.
bool is_explained(const HeadLink& link, const std::vector<HeadEvidence>& masses) {
  return std::any_of(masses.begin(), masses.end(), [&link](const HeadEvidence& pattern) {
    return (pattern.role == "duplicate" || pattern.role == "induction") && has_mass(pattern) &&
           at_least(pattern.value, link.mass - same_mass);
  });
}

// The links whose rule holds, the one that leads the rules most first.
std::vector<HeadEvidence> links_followed(const HeadNumbers& head, const HeadNumbers& untrained,
                                         const std::vector<HeadEvidence>& masses) {
  std::vector<std::pair<double, HeadEvidence>> found;
  for (const auto& link : head.links) {
    const auto evidence = hit_rate(link, untrained);
    const double lead = link.hit_rate - best_rule(link);
    if (at_least(link.hit_rate, role_hit_rate) && at_least(lead, role_lead) &&
        leads(link.hit_rate, evidence.untrained, role_lead) && !is_explained(link, masses))
      found.emplace_back(lead, evidence);
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<HeadEvidence> result;
  for (auto& one : found) result.push_back(std::move(one.second));
  return result;
}

// The patterns and the offset whose rule holds, the one that names the head first.
std::vector<HeadEvidence> patterns_followed(const std::vector<HeadEvidence>& masses,
                                            const HeadEvidence& positional, int64_t offset) {
  std::vector<HeadEvidence> result;
  std::copy_if(masses.begin(), masses.end(), std::back_inserter(result), has_mass);
  std::stable_sort(result.begin(), result.end(),
                   [](const auto& a, const auto& b) { return a.value > b.value; });
  if (std::abs(offset) <= 1 || !has_mass(positional)) return result;
  const bool clearly_more =
      !result.empty() && positional.value > result.front().value + same_mass + rounding;
  result.insert(clearly_more ? result.begin() : result.end(), positional);
  return result;
}

// Offsets that have a name of their own go by it.
HeadEvidence largest_mass(std::vector<HeadEvidence> masses, const HeadEvidence& positional,
                          int64_t offset) {
  if (std::abs(offset) > 1) masses.push_back(positional);
  HeadEvidence result;
  for (const auto& one : masses)
    if (!std::isnan(one.value) && !(one.value <= result.value)) result = one;
  result.role = "mixed";
  return result;
}

}  // namespace

HeadRole head_role(const HeadNumbers& head, const HeadNumbers& untrained) {
  const auto masses = pattern_masses(head, untrained);
  const auto positional = offset_mass(head, untrained);
  auto roles = links_followed(head, untrained, masses);
  for (auto& pattern : patterns_followed(masses, positional, head.offset))
    roles.push_back(std::move(pattern));
  if (const double entropy = find_measure(head, "entropy"); at_least(entropy, role_entropy))
    roles.push_back({.role = "broad",
                     .measure = "entropy",
                     .value = entropy,
                     .untrained = find_measure(untrained, "entropy")});
  if (roles.empty()) roles.push_back(largest_mass(masses, positional, head.offset));
  HeadRole result{.role = roles.front().role, .evidence = roles.front()};
  result.also.assign(roles.begin() + 1, roles.end());
  return result;
}

}  // namespace heed
