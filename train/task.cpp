#include "train/task.h"

namespace heed {
namespace {

// One cross-entropy for both outputs: [B, T, O] against [B, T], or [B, O] against [B].
at::Tensor cross_entropy(const at::Tensor& output, const at::Tensor& targets,
                         at::Reduction::Reduction mode) {
  return at::cross_entropy_loss(output.flatten(0, -2), targets.flatten(), {}, mode, not_scored);
}

// The same done to each tensor that is there.
template <class Change>
Batch changed(const Batch& batch, const Change& change) {
  const auto apply = [&change](const at::Tensor& t) { return t.defined() ? change(t) : t; };
  return {.input = {.values = apply(batch.input.values),
                    .lengths = apply(batch.input.lengths),
                    .source = apply(batch.input.source),
                    .source_lengths = apply(batch.input.source_lengths)},
          .targets = apply(batch.targets),
          .alignment = apply(batch.alignment),
          .also_aligned = apply(batch.also_aligned),
          .groups = apply(batch.groups)};
}

}  // namespace

Batch Batch::narrow(int64_t first, int64_t count) const {
  return changed(*this, [&](const at::Tensor& t) { return t.narrow(0, first, count); });
}

Batch Batch::to(const at::TensorOptions& options) const {
  auto moved = changed(*this, [&](const at::Tensor& t) { return t.to(options.device()); });
  auto& values = moved.input.values;
  if (options.has_dtype() && values.defined() && values.is_floating_point())
    values = values.to(options.dtype());
  return moved;
}

at::Tensor Task::loss(const at::Tensor& output, const Batch& batch) const {
  return cross_entropy(output, batch.targets, at::Reduction::Mean);
}

at::Tensor Task::losses(const at::Tensor& output, const Batch& batch) const {
  return cross_entropy(output, batch.targets, at::Reduction::None).view(batch.targets.sizes());
}

std::vector<TokenLinks> Task::gold_links(const Batch&) const { return {}; }

at::Tensor Task::scored(const Batch& batch) const { return batch.targets.ne(not_scored); }

std::optional<at::Tensor> Task::exact_losses(const Batch&) const { return std::nullopt; }

void Task::score(const at::Tensor&, const Batch&, Evaluation&) const {}

RowSource Task::rows(Split split) const {
  return {.rows = evaluation_rows(split), .batch = [this, split](int64_t first, int64_t count) {
            return batch(split, first, count);
          }};
}

}  // namespace heed
