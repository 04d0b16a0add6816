#include "src/analysis/head_distances.h"

#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

namespace heed {
namespace {

void expect_equal_sizes(const std::vector<HeadMaps>& attentions) {
  if (attentions.empty()) throw std::invalid_argument("head distances: there are no attentions");
  for (const auto& maps : attentions) {
    check(maps);
    for (const int64_t dimension : {0, 2, 3})
      if (maps.weights.size(dimension) != attentions[0].weights.size(dimension))
        throw std::invalid_argument(fmt::format(
            "head distances: expected maps of one size, got [{}] and [{}]",
            fmt::join(attentions[0].weights.sizes(), ", "), fmt::join(maps.weights.sizes(), ", ")));
  }
}

at::Tensor entropy_in_bits(const at::Tensor& weights) {
  return entropy_of_rows(weights).div_(std::log(2.0));
}

}  // namespace

void HeadDistances::add(const std::vector<HeadMaps>& attentions) {
  expect_equal_sizes(attentions);
  const at::NoGradGuard no_gradient;
  std::vector<int64_t> heads;
  std::vector<at::Tensor> all_weights, all_rows;
  for (const auto& maps : attentions) {
    const auto& sizes = maps.weights.sizes();
    heads.push_back(sizes[1]);
    all_weights.push_back(open_weights(maps));
    all_rows.push_back(rows_with_keys(maps, 2).expand({sizes[0], sizes[1], sizes[2]}));
  }
  const auto weights = at::cat(all_weights, 1);  // [B, N, T, S]
  const auto rows = at::cat(all_rows, 1);        // [B, N, T]
  const int64_t count = weights.size(1);
  if (!sums_.defined()) {
    heads_ = heads;
    sums_ = at::zeros({count, count}, at::kDouble);
    sentences_ = at::zeros_like(sums_);
  }
  if (heads != heads_)
    throw std::invalid_argument(fmt::format("head distances: expected heads {}, as before, got {}",
                                            fmt::join(heads_, " + "), fmt::join(heads, " + ")));

  const auto entropies = entropy_in_bits(weights);  // [B, N, T]
  for (int64_t i = 0; i + 1 < count; ++i) {
    // Against all later heads at once: what the mean of two rows is uncertain of, beyond the rows.
    const auto rest = [i](const at::Tensor& of_heads) { return of_heads.slice(1, i + 1); };
    const auto one = [i](const at::Tensor& of_heads) { return of_heads.slice(1, i, i + 1); };
    const auto middle = (rest(weights) + one(weights)).mul_(0.5);
    const auto divergence = entropy_in_bits(middle) -
                            (rest(entropies) + one(entropies)).mul_(0.5);  // [B, N - i - 1, T]
    const auto distance = mean_over_rows(divergence.clamp(0, 1).sqrt_(),
                                         rest(rows).logical_and(one(rows)))
                              .cpu();  // [B, N - i - 1]
    sums_[i].slice(0, i + 1).add_(distance.nansum(0));
    sentences_[i].slice(0, i + 1).add_(distance.isnan().logical_not().sum(0));
  }
}

at::Tensor HeadDistances::matrix() const {
  if (!sums_.defined()) return {};
  const auto mean = (sums_ / sentences_).triu(1);  // 0 / 0 is NaN
  auto result = at::where(at::ones_like(mean).triu(1) > 0, mean, mean.t());
  result.diagonal().zero_();
  return result;
}

std::vector<double> layer_spread(const at::Tensor& matrix, const std::vector<int64_t>& heads) {
  const auto count = std::accumulate(heads.begin(), heads.end(), int64_t{0});
  if (matrix.dim() != 2 || matrix.size(0) != count || matrix.size(1) != count)
    throw std::invalid_argument(fmt::format("layer spread: expected a matrix of {} x {}, got [{}]",
                                            count, count, fmt::join(matrix.sizes(), ", ")));
  std::vector<double> result;
  int64_t first = 0;
  for (const auto of_layer : heads) {
    const auto block = matrix.narrow(0, first, of_layer).narrow(1, first, of_layer);
    const auto pairs = static_cast<double>(of_layer * (of_layer - 1)) / 2;
    result.push_back(pairs > 0 ? block.triu(1).sum().item<double>() / pairs
                               : std::numeric_limits<double>::quiet_NaN());
    first += of_layer;
  }
  return result;
}

}  // namespace heed
