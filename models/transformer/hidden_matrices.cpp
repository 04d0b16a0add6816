#include "models/transformer/hidden_matrices.h"

#include "models/attention/multi_head_attention.h"
#include "models/layers/feed_forward.h"
#include "models/recurrent/recurrent.h"

namespace heed {

std::vector<HiddenMatrix> hidden_matrices(const torch::nn::Module& module) {
  std::vector<HiddenMatrix> result;
  for (const auto& part : module.modules(/*include_self=*/true)) {
    if (const auto* attention = part->as<MultiHeadAttentionImpl>()) {
      result.push_back({attention->input_weight, 3});
      result.push_back({attention->output_weight, 1});
    } else if (const auto* network = part->as<FeedForwardImpl>()) {
      result.push_back({network->inner->weight, 1});
      result.push_back({network->outer->weight, 1});
    } else if (const auto* layer = part->as<RecurrentLayerImpl>()) {
      const int64_t gates = layer->weight_hh.size(0) / layer->weight_hh.size(1);
      result.push_back({layer->weight_ih, gates});
      result.push_back({layer->weight_hh, gates});
    }
  }
  return result;
}

}  // namespace heed
