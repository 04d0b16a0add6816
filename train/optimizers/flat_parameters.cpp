#include "train/optimizers/flat_parameters.h"

#include <algorithm>
#include <tuple>

#include "models/transformer/hidden_matrices.h"

namespace heed {

// One parameter and its kind.
struct FlatParameters::Part {
  enum class Kind { hidden, matrix, vector };

  at::Tensor parameter;
  Kind kind = Kind::vector;
  int64_t rows = 0, columns = 0;  // of each matrix, if the kind is hidden

  auto order() const { return std::tuple(kind, rows, columns); }
};

std::vector<FlatParameters::Part> FlatParameters::ordered_parts(const torch::nn::Module& module) {
  const auto hidden = hidden_matrices(module);
  std::vector<Part> parts;
  for (const auto& parameter : module.parameters()) {
    Part part{.parameter = parameter,
              .kind = parameter.dim() >= 2 ? Part::Kind::matrix : Part::Kind::vector};
    const auto found = std::find_if(hidden.begin(), hidden.end(), [&](const auto& matrix) {
      return matrix.weight.is_same(parameter);
    });
    if (found != hidden.end()) {
      part.kind = Part::Kind::hidden;
      part.rows = parameter.size(0) / found->stacked;
      part.columns = parameter.size(1);
    }
    parts.push_back(std::move(part));
  }
  std::stable_sort(parts.begin(), parts.end(),
                   [](const Part& a, const Part& b) { return a.order() < b.order(); });
  return parts;
}

FlatParameters::FlatParameters(torch::nn::Module& module) {
  auto parts = ordered_parts(module);
  int64_t total = 0;
  for (const auto& part : parts) {
    const int64_t count = part.parameter.numel();
    if (part.kind == Part::Kind::hidden) hidden_count_ += count;
    if (part.kind != Part::Kind::vector) matrix_count_ += count;
    total += count;
  }
  const auto options = parts.front().parameter.options().requires_grad(false);
  values_ = at::empty({total}, options);
  gradients_ = at::zeros({total}, options);
  int64_t start = 0;
  for (auto& part : parts) {
    auto& parameter = part.parameter;
    const int64_t count = parameter.numel();
    const auto view = values_.narrow(0, start, count).view(parameter.sizes());
    view.copy_(parameter.detach());
    parameter.set_data(view);
    parameter.mutable_grad() = gradients_.narrow(0, start, count).view(parameter.sizes());
    if (part.kind == Part::Kind::hidden) stack(part, start);
    parameters_.push_back(parameter);
    start += count;
  }
}

// Extends the last stack if its matrices have the same shape, or starts a new one.
void FlatParameters::stack(const Part& part, int64_t start) {
  int64_t count = part.parameter.size(0) / part.rows;
  if (!hidden_stacks_.empty()) {
    const auto& last = hidden_stacks_.back().values;
    if (last.size(1) == part.rows && last.size(2) == part.columns) {
      start -= last.numel();
      count += last.size(0);
      hidden_stacks_.pop_back();
    }
  }
  const auto view = [&](const at::Tensor& buffer) {
    return buffer.narrow(0, start, count * part.rows * part.columns)
        .view({count, part.rows, part.columns});
  };
  hidden_stacks_.push_back({view(values_), view(gradients_)});
}

}  // namespace heed
