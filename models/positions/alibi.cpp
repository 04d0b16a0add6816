#include "models/positions/alibi.h"

#include <cmath>

#include "models/positions/positional_encoding.h"

namespace heed {

std::vector<double> alibi_slopes(int64_t heads) {
  int64_t power = 1;
  while (power * 2 <= heads) power *= 2;
  const auto slope = [](double head, double count) { return std::exp2(-8 * head / count); };
  std::vector<double> slopes;
  for (int64_t head = 1; head <= power; ++head)
    slopes.push_back(slope(static_cast<double>(head), static_cast<double>(power)));
  for (int64_t head = 1; head <= 2 * (heads - power); head += 2)
    slopes.push_back(slope(static_cast<double>(head), static_cast<double>(2 * power)));
  return slopes;
}

namespace {

/// Attention with linear biases (2108.12409): a score falls by slope x distance. Without a causal
/// mask the distance counts the same on both sides.
class AlibiPositions : public AttentionPositions {
 public:
  explicit AlibiPositions(int64_t heads) {
    slopes_ = at::tensor(alibi_slopes(heads), at::kDouble).view({heads, 1, 1});
  }

  void add_position_bias(AttentionInput& input, int64_t first_query) const override {
    const auto options = input.query.options().requires_grad(false);
    const int64_t queries = input.query.size(-2), keys = input.key.size(-2);
    const auto positions = at::arange(first_query, first_query + queries, options).unsqueeze(1);
    const auto distances = (positions - at::arange(keys, options)).abs();  // [T, S]
    input.bias = distances * slopes_.to(options).neg();                    // [H, T, S]
  }

 private:
  at::Tensor slopes_;  // [H, 1, 1]
};

class AlibiKind : public PositionKind {
 public:
  std::shared_ptr<AttentionPositions> build_for_attention(int64_t heads, int64_t) const override {
    return std::make_shared<AlibiPositions>(heads);
  }
};

const Registration<PositionKind, AlibiKind> alibi_registration{
    "alibi", "scores fall with the distance, each head at its own slope (2108.12409)"};

}  // namespace
}  // namespace heed
