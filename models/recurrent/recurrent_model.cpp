#include "models/recurrent/recurrent_model.h"
#include "models/layers/dropout.h"
#include "models/model_builder.h"

#include <c10/util/StringUtil.h>
#include <torch/nn/init.h>

#include <cmath>
#include <stdexcept>
#include <vector>

namespace heed {

struct RecurrentModel::State : SequenceState {
  std::vector<RecurrentState> layers;

  void select(const at::Tensor& rows) override {
    for (auto& layer : layers) layer = layer.rows(rows);
  }

  int64_t numel() const override {
    int64_t count = 0;
    for (const auto& layer : layers) count += layer.numel();
    return count;
  }
};

RecurrentModel::RecurrentModel(CellKind cell, const RecurrentOptions& options,
                               const SequenceShape& shape)
    : options_(options), shape_(shape) {
  check_shape();
  using torch::nn::LinearOptions;
  const int64_t width = options.d_model;
  if (shape.vocabulary > 0)
    token_embedding_ =
        register_module("token_embedding", torch::nn::Embedding(shape.vocabulary, width));
  else
    input_projection_ =
        register_module("input_projection",
                        torch::nn::Linear(LinearOptions(shape.channels, width).bias(options.bias)));
  stack_ = register_module(
      "stack", RecurrentStack(RecurrentStackOptions{.layer = {.cell = cell,
                                                              .input_width = width,
                                                              .width = width,
                                                              .bias = options.bias,
                                                              .forget_bias = options.forget_bias},
                                                    .layers = options.layers,
                                                    .dropout = options.dropout}));
  output_weight_ =
      options.tied ? token_embedding_->weight
                   : register_parameter("output_weight", at::empty({shape.output_width, width}));
  if (options.bias)
    output_bias_ = register_parameter("output_bias", at::zeros({shape.output_width}));
  initialise();
}

void RecurrentModel::check_shape() const {
  const bool tokens = shape_.vocabulary > 0, numbers = shape_.channels > 0;
  if (tokens == numbers || shape_.output_width < 1)
    throw std::invalid_argument(
        c10::str("a recurrent model expects either a vocabulary or channels, and an output; got ",
                 shape_.vocabulary, ", ", shape_.channels, " and ", shape_.output_width));
  if (shape_.source_vocabulary > 0)
    throw OptionError("kind",
                      "expected a model that reads a source, which this task has, such as "
                      "encoder_decoder or gru_encoder_decoder");
  shape_.check_tied(options_.tied);
}

// An embedding of N(0, 1), torch's own default, drives the gates at once; smaller ones, as for
// transformers, learn later (tinyshakespeare, 200 steps of an LSTM: 2.08 nats, from N(0,
// 0.02) 2.35). Tied, its rows are output weights too, and N(0, 1) would start with twice the loss
// of a guess; 0.3 starts near the guess and learns as fast.
void RecurrentModel::initialise() {
  const double bound = 1 / std::sqrt(static_cast<double>(options_.d_model));
  if (options_.tied)
    torch::nn::init::normal_(output_weight_, 0, 0.3);
  else
    torch::nn::init::uniform_(output_weight_, -bound, bound);
}

void RecurrentModel::check_values(const at::Tensor& values) const {
  if (token_embedding_ ? values.dim() == 2 : values.dim() == 3 && values.size(2) == shape_.channels)
    return;
  const auto expected =
      token_embedding_ ? "tokens [B, T]" : c10::str("numbers [B, T, ", shape_.channels, "]");
  throw std::invalid_argument(c10::str("expected ", expected, ", got ", values.sizes()));
}

at::Tensor RecurrentModel::embed(const SequenceInput& input) {
  check_values(input.values);
  return embed(input.values);
}

at::Tensor RecurrentModel::forward_embedded(const at::Tensor& embedded, const SequenceInput& input,
                                            AttentionHook*) {
  return logits(stack_->forward(drop(embedded), {}, input.lengths));
}

at::Tensor RecurrentModel::forward_through_states(const at::Tensor& embedded,
                                                  const SequenceInput& input,
                                                  std::vector<at::Tensor>& states) {
  return logits(stack_->forward_through_states(drop(embedded), input.lengths, states));
}

std::unique_ptr<SequenceState> RecurrentModel::initial_state(int64_t batch) const {
  auto state = std::make_unique<State>();
  state->layers = stack_->initial_state(batch);
  return state;
}

std::vector<BlockPath> RecurrentModel::describe_paths() const {
  std::vector<BlockPath> paths;
  stack_->describe_paths("stack", /*attention_between_steps=*/false, paths);
  return paths;
}

bool RecurrentModel::generates() const {
  return token_embedding_ && shape_.output == SequenceShape::Output::per_position &&
         shape_.context != SequenceShape::Context::bidirectional;
}

at::Tensor RecurrentModel::step(const at::Tensor& tokens, SequenceState& state, AttentionHook*) {
  if (!generates()) throw std::logic_error("only a model that answers every token can be stepped");
  auto& layers = dynamic_cast<State&>(state).layers;
  return logits(stack_->step(drop(embed(tokens)), layers));  // [B, O]
}

// [...] or [..., C] -> [..., D]
at::Tensor RecurrentModel::embed(const at::Tensor& values) {
  return token_embedding_ ? token_embedding_->forward(values) : input_projection_->forward(values);
}

at::Tensor RecurrentModel::logits(const RecurrentStackOutput& read) const {
  if (shape_.output == SequenceShape::Output::per_position)
    return logits(read.output);              // [B, T, O]
  return logits(read.states.back().hidden);  // [B, O]: of each row's last valid position
}

// [..., D] -> [..., O]
at::Tensor RecurrentModel::logits(const at::Tensor& hidden) const {
  return at::linear(drop(hidden), output_weight_, output_bias_);
}

at::Tensor RecurrentModel::drop(const at::Tensor& values) const {
  return with_dropout(values, options_.dropout, is_training());
}

namespace {

template <CellKind cell>
class RecurrentBuilder : public ModelBuilder {
 public:
  void describe(OptionList& list) override {
    auto& o = options_;
    list.add("layers", &o.layers, "recurrent layers").at_least(1);
    list.add("d_model", &o.d_model, "width of the embedding and of each layer's state").at_least(1);
    list.add("dropout", &o.dropout,
             "probability, while training; between layers, not between steps")
        .at_least(0)
        .below(1);
    list.add("tied", &o.tied, "the output layer shares the token embedding");
    list.add("bias", &o.bias, "biases in the layers and in the output");
    if (cell == CellKind::lstm)
      list.add("forget_bias", &o.forget_bias,
               "where the forget gate's bias starts; without biases it means nothing");
  }

  std::shared_ptr<SequenceModel> build(const SequenceShape& shape) const override {
    return std::make_shared<RecurrentModel>(cell, options_, shape);
  }

 private:
  RecurrentOptions options_;
};

const Registration<ModelBuilder, RecurrentBuilder<CellKind::tanh>>
    recurrent_model_tanh_registration{"tanh", "recurrent network without gates (Elman 1990)"};
const Registration<ModelBuilder, RecurrentBuilder<CellKind::gru>> recurrent_model_gru_registration{
    "gru", "recurrent network of gated recurrent units (1406.1078)"};
const Registration<ModelBuilder, RecurrentBuilder<CellKind::lstm>>
    recurrent_model_lstm_registration{
        "lstm", "recurrent network of long short-term memory (Hochreiter & Schmidhuber 1997)"};

}  // namespace
}  // namespace heed
