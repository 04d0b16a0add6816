#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "train/tasks/task.h"

namespace heed {

using OptionValue = std::variant<bool, int64_t, double>;

/// Checked, too, as a config's reader does it.
inline std::unique_ptr<Task> prepared_task(
    const std::string& name, const std::vector<std::pair<std::string, OptionValue>>& options = {},
    uint64_t seed = 1) {
  auto task = TaskRegistry::instance().make(name);
  OptionList list;
  task->describe(list);
  for (const auto& [option, value] : options)
    std::visit(
        [&, &name = option](const auto& given) {
          *std::get<std::decay_t<decltype(given)>*>(list.find(name)->target) = given;
        },
        value);
  task->check();
  task->prepare({.seed = seed});
  return task;
}

/// The first `length` numbers of a row.
inline std::vector<int64_t> numbers(const at::Tensor& row, int64_t length) {
  const auto* first = row.const_data_ptr<int64_t>();
  return {first, first + length};
}

/// One row of a batch without its padding, start and end token.
struct PairRow {
  std::vector<int64_t> source;
  std::vector<int64_t> target;
  std::vector<int64_t> alignment;
  bool operator==(const PairRow&) const = default;
};

inline std::vector<PairRow> pair_rows(const Batch& batch) {
  std::vector<PairRow> rows;
  for (int64_t b = 0; b < batch.targets.size(0); ++b) {
    const auto length = batch.input.lengths[b].item<int64_t>() - 1;
    rows.push_back(
        {.source = numbers(batch.input.source[b], batch.input.source_lengths[b].item<int64_t>()),
         .target = numbers(batch.targets[b], length),
         .alignment = batch.alignment.defined() ? numbers(batch.alignment[b], length)
                                                : std::vector<int64_t>()});
  }
  return rows;
}

}  // namespace heed
