#include "models/transformer.h"

#include <torch/nn/init.h>

#include <cmath>
#include <stdexcept>

#include "models/attention_mask.h"

namespace heed {

/// While the sequence is no longer than the positions reach, each layer's keys and values are kept.
/// Beyond, the window slides, every position changes its number, and the window is computed anew.
struct Transformer::State : SequenceState {
  std::vector<KeyValueCache> caches;
  at::Tensor tokens;  // [B, n]
};

Transformer::Transformer(const TransformerOptions& options, const SequenceShape& shape)
    : options_(options), shape_(shape) {
  const bool token_output = shape.output == SequenceShape::Output::per_position &&
                            shape.vocabulary > 0 && shape.output_width == shape.vocabulary;
  if (options.tied && !token_output)
    throw OptionError("tied",
                      "expected false: this task's output layer is no list of input tokens");
  using torch::nn::LinearOptions;
  const int64_t width = options.d_model;
  if (shape.vocabulary > 0)
    token_embedding_ =
        register_module("token_embedding", torch::nn::Embedding(shape.vocabulary, width));
  else
    input_projection_ =
        register_module("input_projection",
                        torch::nn::Linear(LinearOptions(shape.channels, width).bias(options.bias)));
  positions_ = PositionRegistry::instance().make(options.position)->build(width, shape.max_length);
  register_module("positions", positions_);
  encoder_ = register_module(
      "encoder", Encoder(EncoderOptions{.layers = options.layers,
                                        .width = width,
                                        .heads = options.heads,
                                        .feed_forward = options.d_ff > 0 ? options.d_ff : 4 * width,
                                        .activation = options.activation,
                                        .norm_first = options.norm == "pre",
                                        .bias = options.bias,
                                        .dropout = options.dropout}));
  if (!options.tied)
    output_ = register_module(
        "output", torch::nn::Linear(LinearOptions(width, shape.output_width).bias(options.bias)));
  initialise();
}

// Matrices from N(0, init), biases at zero, and the two products that write into the residual
// stream smaller by sqrt(2 L), so that its variance does not grow with the depth (GPT-2). GPT-2's
// own 0.02 is near 1 / sqrt(d_model) for its widths; in a narrow model it leaves attention uniform
// for hundreds of steps.
void Transformer::initialise() {
  const double init =
      options_.init > 0 ? options_.init : 1 / std::sqrt(static_cast<double>(options_.d_model));
  const double deep = init / std::sqrt(2.0 * static_cast<double>(options_.layers));
  for (auto& parameter : named_parameters()) {
    const auto& name = parameter.key();
    if (name.ends_with("bias"))
      torch::nn::init::zeros_(parameter.value());
    else if (name.ends_with("attention.output_weight") || name.ends_with("outer.weight"))
      torch::nn::init::normal_(parameter.value(), 0, deep);
    else if (name.ends_with("weight"))
      torch::nn::init::normal_(parameter.value(), 0, init);
  }
}

at::Tensor Transformer::forward(const SequenceInput& input, AttentionRecorder* recorder) {
  const auto embedded = embed(input.values, 0);                                      // [B, T, D]
  const auto hidden = encoder_->forward(embedded, attention_mask(input), recorder);  // [B, T, D]
  if (shape_.output == SequenceShape::Output::per_position) return answer(hidden);   // [B, T, O]
  return answer(pool(hidden, input.lengths));                                        // [B, O]
}

at::Tensor Transformer::embed(const at::Tensor& values, int64_t start) {
  const auto embedded =
      token_embedding_ ? token_embedding_->forward(values) : input_projection_->forward(values);
  const auto placed = positions_->forward(embedded, start);
  return is_training() && options_.dropout > 0 ? at::dropout(placed, options_.dropout, true)
                                               : placed;
}

at::Tensor Transformer::attention_mask(const SequenceInput& input) const {
  const int64_t length = input.values.size(1);
  const auto causal =
      options_.causal ? causal_mask(length, length, input.values.device()) : at::Tensor();
  const auto padding = input.lengths.defined() ? padding_mask(input.lengths, length) : at::Tensor();
  return both_masks(causal, padding);
}

at::Tensor Transformer::pool(const at::Tensor& hidden, const at::Tensor& lengths) const {
  const int64_t batch = hidden.size(0), length = hidden.size(1);
  const auto counts =
      lengths.defined()
          ? lengths
          : at::full({batch}, length, at::TensorOptions(at::kLong).device(hidden.device()));  // [B]
  if (options_.pooling == "last") {
    const auto last = (counts - 1).view({batch, 1, 1}).expand({batch, 1, hidden.size(2)});
    return hidden.gather(1, last).squeeze(1);  // [B, D]
  }
  const auto valid = padding_mask(counts, length).view({batch, length, 1});
  return hidden.masked_fill(valid.logical_not(), 0).sum(1) / counts.unsqueeze(1);  // [B, D]
}

at::Tensor Transformer::answer(const at::Tensor& hidden) {
  return output_ ? output_->forward(hidden) : at::linear(hidden, token_embedding_->weight);
}

std::unique_ptr<SequenceState> Transformer::initial_state(int64_t batch) const {
  auto state = std::make_unique<State>();
  state->caches.resize(static_cast<size_t>(options_.layers));
  const auto device = parameters().front().device();
  state->tokens = at::empty({batch, 0}, at::TensorOptions(at::kLong).device(device));
  return state;
}

at::Tensor Transformer::step(const at::Tensor& tokens, SequenceState& state) {
  if (!token_embedding_ || shape_.output != SequenceShape::Output::per_position || !options_.causal)
    throw std::logic_error("only a causal model that answers every token can be stepped");
  auto& own = dynamic_cast<State&>(state);
  own.tokens = at::cat({own.tokens, tokens.unsqueeze(1)}, 1);  // [B, n]
  const int64_t length = own.tokens.size(1), reach = positions_->max_positions();
  if (length > reach) {
    own.tokens = own.tokens.slice(1, length - reach);
    return forward({.values = own.tokens}).select(1, -1);  // [B, O]
  }
  const auto embedded = embed(tokens.unsqueeze(1), length - 1);  // [B, 1, D]
  return answer(encoder_->forward(embedded, {}, nullptr, &own.caches)).select(1, 0);
}

namespace {

class TransformerBuilder : public ModelBuilder {
 public:
  void describe(OptionList& list) override {
    auto& o = options_;
    list.add("layers", &o.layers, "encoder layers").at_least(1);
    list.add("heads", &o.heads, "attention heads a layer; they divide d_model").at_least(1);
    list.add("d_model", &o.d_model, "width of the model").at_least(1);
    list.add("d_ff", &o.d_ff, "width of the feed-forward network; 0: four times d_model")
        .at_least(0);
    list.add("position", &o.position, "how order is told")
        .one_of(PositionRegistry::instance().names());
    list.add("activation", &o.activation, "of the feed-forward network").one_of(activation_names());
    list.add("norm", &o.norm, "layer norm before (pre) or after (post) each block")
        .one_of({"pre", "post"});
    list.add("pooling", &o.pooling, "what a per-sequence answer reads").one_of({"last", "mean"});
    list.add("causal", &o.causal, "no position sees a later one");
    list.add("bias", &o.bias, "biases in projections and norms");
    list.add("tied", &o.tied, "the output layer shares the token embedding");
    list.add("init", &o.init, "standard deviation of the initial weights; 0: 1 / sqrt(d_model)")
        .at_least(0);
    list.add("dropout", &o.dropout, "probability, while training").at_least(0).below(1);
  }

  void check() const override {
    if (options_.d_model % options_.heads != 0)
      throw OptionError("heads",
                        "expected a divisor of d_model = " + std::to_string(options_.d_model) +
                            ", got " + std::to_string(options_.heads));
  }

  std::shared_ptr<SequenceModel> build(const SequenceShape& shape) const override {
    return std::make_shared<Transformer>(options_, shape);
  }

 private:
  TransformerOptions options_;
};

const Registration<ModelBuilder, TransformerBuilder> registration{
    "transformer", "embedding, positions, self-attention layers, output layer (1706.03762)"};

}  // namespace
}  // namespace heed
