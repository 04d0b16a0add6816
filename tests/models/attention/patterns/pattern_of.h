#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "models/attention/attention_pattern.h"

namespace heed {

/// A pattern of the kind `name` with these options, checked as a config's are.
inline std::shared_ptr<AttentionPattern> pattern_of(
    const std::string& name, const std::map<std::string, int64_t>& values = {}) {
  std::shared_ptr<AttentionPattern> pattern = PatternRegistry::instance().make(name);
  OptionList list;
  pattern->describe(list);
  for (const auto& [option, value] : values) {
    auto* found = list.find(option);
    if (!found) throw std::logic_error(name + " has no option " + option);
    if (auto* flag = std::get_if<bool*>(&found->target))
      **flag = value != 0;
    else
      *std::get<int64_t*>(found->target) = value;
    found->check();
  }
  return pattern;
}

/// The square mask as allowed(q, k) defines it, one pair at a time.
template <class Allowed>
at::Tensor mask_by_loops(int64_t length, Allowed allowed) {
  auto mask = at::zeros({length, length}, at::kBool);
  auto entries = mask.accessor<bool, 2>();
  for (int64_t q = 0; q < length; ++q)
    for (int64_t k = 0; k < length; ++k) entries[q][k] = allowed(q, k);
  return mask;
}

/// How many pairs of a sequence may attend, of those that count.
inline int64_t pairs_kept(const AttentionPattern& pattern, int64_t length, bool causal) {
  auto mask = pattern.mask(length, length, causal);
  if (!mask.defined()) mask = at::ones({length, length}, at::kBool);
  return (causal ? mask.tril() : mask).sum().item<int64_t>();
}

}  // namespace heed
