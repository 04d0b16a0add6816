#include <torch/nn/init.h>

#include "models/positions/positional_encoding.h"

namespace heed {
namespace {

/// Relative positions of Transformer-XL (1901.02860, section 3.3). Query q_i and key k_j score
///   q_i . k_j + q_i . W_R r_(i-j) + u . k_j + v . W_R r_(i-j)
/// with the sinusoidal encoding r of the distance, a projection W_R, and for each head a content
/// bias u and a position bias v. As (q_i + u) . k_j + (q_i + v) . W_R r_(i-j) it is two products;
/// the second is made for every distance once and shifted into place.
class RelativePositions : public AttentionPositions {
 public:
  RelativePositions(int64_t heads, int64_t head_width) : heads_(heads) {
    const int64_t width = heads * head_width;
    distance_weight_ = register_parameter("distance_weight", at::empty({width, width}));  // W_R
    content_bias_ = register_parameter("content_bias", at::zeros({width}));               // u
    position_bias_ = register_parameter("position_bias", at::zeros({width}));             // v
    torch::nn::init::xavier_uniform_(distance_weight_);
  }

  void add_position_bias(AttentionInput& input, int64_t first_query) const override {
    const int64_t queries = input.query.size(-2), keys = input.key.size(-2);
    const int64_t width = distance_weight_.size(0), head_width = width / heads_;
    // From the last query and the first key, the greatest distance, downwards.
    const auto distances = sinusoidal_table(queries + keys - 1, width, first_query - keys + 1,
                                            input.query.options().requires_grad(false))
                               .flip(0);                             // [T + S - 1, D]
    const auto projected = at::linear(distances, distance_weight_);  // [T + S - 1, D]
    const std::vector<int64_t> by_head = {heads_, 1, head_width};
    input.relative_key = projected.unflatten(1, {heads_, head_width}).transpose(0, 1);
    input.relative_query = input.query + position_bias_.view(by_head);  // [..., H, T, K]
    input.query = input.query + content_bias_.view(by_head);
  }

 private:
  int64_t heads_;
  at::Tensor distance_weight_;  // [D, D]
  at::Tensor content_bias_;     // [D], head h owns numbers h K to (h + 1) K
  at::Tensor position_bias_;    // [D]
};

class RelativeKind : public PositionKind {
 public:
  std::shared_ptr<AttentionPositions> build_for_attention(int64_t heads,
                                                          int64_t head_width) const override {
    return std::make_shared<RelativePositions>(heads, head_width);
  }
};

const Registration<PositionKind, RelativeKind> relative_registration{
    "relative", "scores depend on the distance's encoding, with trained biases (1901.02860)"};

}  // namespace
}  // namespace heed
