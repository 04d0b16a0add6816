#include "src/analysis/head_measure.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace heed {
namespace {

std::vector<HeadMeasure>& entered() {
  static std::vector<HeadMeasure> measures;
  return measures;
}

}  // namespace

at::Tensor HeadMeasure::of(const HeadMaps& maps) const {
  check(maps);
  if (!applies_to(maps))
    throw std::invalid_argument("measure " + name + ": expected maps of self-attention" +
                                (needs_tokens ? " with their tokens" : ""));
  const at::NoGradGuard no_gradient;
  return compute(maps);
}

const std::vector<HeadMeasure>& head_measures() { return entered(); }

const HeadMeasure* find_head_measure(const std::string& name) {
  const auto& all = head_measures();
  const auto found = std::find_if(
      all.begin(), all.end(), [&name](const HeadMeasure& measure) { return measure.name == name; });
  return found == all.end() ? nullptr : &*found;
}

const HeadMeasure& head_measure(const std::string& name) {
  if (const auto* found = find_head_measure(name)) return *found;
  std::string known;
  for (const auto& measure : head_measures()) known += (known.empty() ? "" : ", ") + measure.name;
  throw std::invalid_argument("there is no measure \"" + name + "\"; known are: " + known);
}

// The linker chooses the order in which files register, so each measure is inserted by its rank.
HeadMeasureEntry::HeadMeasureEntry(HeadMeasure measure) {
  auto& all = entered();
  for (const auto& other : all)
    if (other.name == measure.name || other.rank == measure.rank)
      throw std::logic_error("two measures with the same name or rank: " + other.name + ", " +
                             measure.name);
  const auto by_rank = [](const HeadMeasure& a, const HeadMeasure& b) { return a.rank < b.rank; };
  const auto place = std::upper_bound(all.begin(), all.end(), measure, by_rank);
  all.insert(place, std::move(measure));
}

}  // namespace heed
