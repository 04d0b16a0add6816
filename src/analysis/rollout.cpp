#include "src/analysis/rollout.h"

#include <sstream>
#include <stdexcept>

namespace heed {

std::vector<at::Tensor> rollout(const std::vector<at::Tensor>& layers) {
  std::vector<at::Tensor> result;
  for (const auto& weights : layers) {
    const auto& first = layers.front();
    if (weights.dim() != 4 || weights.size(2) != weights.size(3) ||
        weights.size(0) != first.size(0) || weights.size(2) != first.size(2)) {
      std::ostringstream text;
      text << "rollout: expected maps [B, H, T, T] of one size in each layer, got "
           << weights.sizes();
      if (!result.empty()) text << " over " << first.sizes();
      throw std::invalid_argument(text.str());
    }
    const auto identity = at::eye(weights.size(2), weights.options());
    const auto mixed = 0.5 * weights.detach().mean(1) + 0.5 * identity;  // [B, T, T]
    const auto layer = mixed / mixed.sum(-1, /*keepdim=*/true);
    result.push_back(result.empty() ? layer : layer.matmul(result.back()));
  }
  return result;
}

}  // namespace heed
