#include "src/analysis/head_statistics.h"

#include <limits>
#include <sstream>
#include <stdexcept>

namespace heed {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

void expect_heads(const at::Tensor& values, const at::Tensor& count) {
  if (values.dim() == 2 && (!count.defined() || values.size(1) == count.size(0))) return;
  std::ostringstream text;
  text << "head statistics: expected values [B, H]";
  if (count.defined()) text << " of " << count.size(0) << " heads, as before";
  text << ", got " << values.sizes();
  throw std::invalid_argument(text.str());
}

}  // namespace

// Batches are merged by their means and squared differences (Chan, Golub & LeVeque 1983), which
// loses no digits where the spread is small beside the mean.
void HeadStatistics::add(const at::Tensor& values) {
  expect_heads(values, count_);
  const auto numbers = values.detach().to(at::kCPU, at::kDouble);
  const auto there = numbers.isnan().logical_not();
  const auto count = there.sum(0).to(at::kDouble);  // [H]
  const auto mean = numbers.nansum(0) / count.clamp_min(1);
  const auto squares = (numbers - mean).square_().nansum(0);
  if (!has_heads()) {
    count_ = count, mean_ = mean, squares_ = squares;
    return;
  }
  const auto total = count_ + count;
  const auto apart = mean - mean_, share = count / total.clamp_min(1);
  squares_ = squares_ + squares + apart.square() * count_ * share;
  mean_ = mean_ + apart * share;
  count_ = total;
}

at::Tensor HeadStatistics::mean() const { return mean_.masked_fill(count_ == 0, nan); }

at::Tensor HeadStatistics::spread() const {
  return (squares_ / (count_ - 1).clamp_min(1)).sqrt().masked_fill(count_ < 2, nan);
}

at::Tensor HeadStatistics::count() const { return count_.to(at::kLong); }

}  // namespace heed
