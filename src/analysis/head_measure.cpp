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

const HeadMeasure& head_measure(const std::string& name) {
  std::string known;
  for (const auto& measure : head_measures()) {
    if (measure.name == name) return measure;
    known += (known.empty() ? "" : ", ") + measure.name;
  }
  throw std::invalid_argument("there is no measure \"" + name + "\"; known are: " + known);
}

// Files enter theirs in an order that the linker chooses, so each is put where its rank says.
HeadMeasureEntry::HeadMeasureEntry(HeadMeasure measure) {
  auto& all = entered();
  for (const auto& other : all)
    if (other.name == measure.name || other.rank == measure.rank)
      throw std::logic_error("measures of one name or rank: " + other.name + ", " + measure.name);
  const auto by_rank = [](const HeadMeasure& a, const HeadMeasure& b) { return a.rank < b.rank; };
  const auto place = std::upper_bound(all.begin(), all.end(), measure, by_rank);
  all.insert(place, std::move(measure));
}

}  // namespace heed
