#include "train/task.h"

namespace heed {
namespace {

// One cross-entropy for both outputs: [B, T, O] against [B, T], or [B, O] against [B].
at::Tensor cross_entropy(const at::Tensor& output, const at::Tensor& targets,
                         at::Reduction::Reduction mode) {
  return at::cross_entropy_loss(output.flatten(0, -2), targets.flatten(), {}, mode, not_scored);
}

}  // namespace

Batch Batch::to(const at::TensorOptions& options) const {
  const auto move = [device = options.device()](const at::Tensor& t) {
    return t.defined() ? t.to(device) : t;
  };
  auto values = move(input.values);
  if (options.has_dtype() && values.defined() && values.is_floating_point())
    values = values.to(options.dtype());
  return {.input = {.values = values,
                    .lengths = move(input.lengths),
                    .source = move(input.source),
                    .source_lengths = move(input.source_lengths)},
          .targets = move(targets),
          .alignment = move(alignment),
          .also_aligned = move(also_aligned),
          .groups = move(groups)};
}

at::Tensor Task::loss(const at::Tensor& output, const Batch& batch) const {
  return cross_entropy(output, batch.targets, at::Reduction::Mean);
}

at::Tensor Task::losses(const at::Tensor& output, const Batch& batch) const {
  return cross_entropy(output, batch.targets, at::Reduction::None).view(batch.targets.sizes());
}

std::vector<TokenLinks> Task::links(const Batch&) const { return {}; }

at::Tensor Task::scored(const Batch& batch) const { return batch.targets.ne(not_scored); }

std::optional<at::Tensor> Task::exact_losses(const Batch&) const { return std::nullopt; }

void Task::score(const at::Tensor&, const Batch&, Evaluation&) const {}

RowSource Task::rows(Split split) const {
  return {.rows = evaluation_rows(split), .batch = [this, split](int64_t first, int64_t count) {
            return batch(split, first, count);
          }};
}

}  // namespace heed
