#include "src/analysis/pattern_mass.h"

namespace heed {

at::Tensor earlier_same(const at::Tensor& tokens) {
  return (tokens.unsqueeze(2) == tokens.unsqueeze(1)).tril(-1);
}

at::Tensor after_earlier_same(const at::Tensor& tokens) {
  return at::constant_pad_nd(earlier_same(tokens), {1, -1});  // each key moves one to the right
}

at::Tensor mass_on(const at::Tensor& pattern, const HeadMaps& maps) {
  const auto keys = pattern.unsqueeze(1);                                    // [B, 1, T, T]
  const auto mass = (maps.weights * keys.to(maps.weights.dtype())).sum(-1);  // [B, H, T]
  return mean_over_rows(mass, rows_with_keys(maps, 1).logical_and(keys.any(-1)));
}

at::Tensor share_on(const at::Tensor& pattern, const HeadMaps& maps) {
  const auto weights = open_weights(maps);
  const auto rows = rows_with_keys(maps, 1);
  const auto sum_rows = [&rows](const at::Tensor& mass) {  // [B, H, T]
    return (mass.to(at::kDouble) * rows).sum(-1);
  };
  const auto keys = pattern.unsqueeze(1).to(weights.dtype());
  return sum_rows((weights * keys).sum(-1)) / sum_rows(weights.sum(-1));
}

}  // namespace heed
