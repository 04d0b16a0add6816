#include "models/recurrent_model.h"

#include <c10/util/StringUtil.h>
#include <torch/nn/init.h>

#include <stdexcept>
#include <vector>

namespace heed {
namespace {

void check_shape(const RecurrentOptions& options, const SequenceShape& shape) {
  const bool tokens = shape.vocabulary > 0, numbers = shape.channels > 0;
  if (tokens == numbers || shape.output_width < 1)
    throw std::invalid_argument(
        c10::str("a recurrent model expects a vocabulary or channels, and an output; got ",
                 shape.vocabulary, ", ", shape.channels, " and ", shape.output_width));
  if (options.tied && (!tokens || shape.output_width != shape.vocabulary))
    throw OptionError("tied", c10::str("expected false: the output of width ", shape.output_width,
                                       " is no choice among ", shape.vocabulary, " input tokens"));
}

}  // namespace

struct RecurrentModel::State : SequenceState {
  std::vector<RecurrentState> layers;
};

RecurrentModel::RecurrentModel(CellKind cell, const RecurrentOptions& options,
                               const SequenceShape& shape)
    : options_(options), shape_(shape) {
  check_shape(options, shape);
  const int64_t width = options.d_model;
  stack_ = register_module(
      "stack", RecurrentStack(RecurrentStackOptions{.layer = {.cell = cell,
                                                              .input_width = width,
                                                              .width = width,
                                                              .bias = options.bias,
                                                              .forget_bias = options.forget_bias},
                                                    .layers = options.layers,
                                                    .dropout = options.dropout}));
  if (shape.vocabulary > 0)
    token_embedding_ =
        register_module("token_embedding", torch::nn::Embedding(shape.vocabulary, width));
  else
    input_projection_ = register_module(
        "input_projection",
        torch::nn::Linear(torch::nn::LinearOptions(shape.channels, width).bias(options.bias)));
  output_weight_ =
      options.tied ? token_embedding_->weight
                   : register_parameter("output_weight", at::empty({shape.output_width, width}));
  if (options.bias)
    output_bias_ = register_parameter("output_bias", at::zeros({shape.output_width}));
  initialise();
}

void RecurrentModel::initialise() {
  torch::nn::init::uniform_(output_weight_, -0.1, 0.1);
  if (token_embedding_) torch::nn::init::uniform_(token_embedding_->weight, -0.1, 0.1);
}

at::Tensor RecurrentModel::forward(const SequenceInput& input, AttentionRecorder*) {
  const auto result = stack_->forward(embed(input.values), {}, input.lengths);
  const bool every = shape_.output == SequenceShape::Output::per_position;
  return answer(every ? result.output : result.states.back().hidden);
}

std::unique_ptr<SequenceState> RecurrentModel::initial_state(int64_t batch) const {
  auto state = std::make_unique<State>();
  state->layers = stack_->initial_state(batch);
  return state;
}

at::Tensor RecurrentModel::step(const at::Tensor& tokens, SequenceState& state) {
  return answer(stack_->step(embed(tokens), dynamic_cast<State&>(state).layers));
}

at::Tensor RecurrentModel::embed(const at::Tensor& values) {
  return drop(token_embedding_ ? token_embedding_->forward(values)
                               : input_projection_->forward(values));
}

at::Tensor RecurrentModel::answer(const at::Tensor& hidden) const {
  return at::linear(drop(hidden), output_weight_, output_bias_);
}

at::Tensor RecurrentModel::drop(const at::Tensor& values) const {
  return at::dropout(values, options_.dropout, is_training());
}

}  // namespace heed
