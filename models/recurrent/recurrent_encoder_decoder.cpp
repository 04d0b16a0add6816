#include "models/recurrent/recurrent_encoder_decoder.h"

#include <c10/util/StringUtil.h>
#include <torch/nn/init.h>

#include <cmath>
#include <stdexcept>
#include <vector>

#include "models/attention/attention_hook.h"
#include "models/layers/dropout.h"
#include "models/model_builder.h"

namespace heed {
struct RecurrentEncoderDecoder::State : SequenceState {
  std::vector<RecurrentState> layers;  // the decoder's
  at::Tensor context;                  // [B, D]: the fixed one; undefined with attention
  SourceKeys source;                   // with attention alone

  void select(const at::Tensor& rows) override {
    for (auto& layer : layers) layer = layer.rows(rows);
    if (context.defined())
      context = context.index_select(0, rows);
    else
      source = source.rows(rows);
  }

  int64_t numel() const override {
    int64_t count = context.defined() ? context.numel() : source.numel();
    for (const auto& layer : layers) count += layer.numel();
    return count;
  }
};

// What some steps of the decoder came to; of a single one, without T.
struct RecurrentEncoderDecoder::Steps {
  at::Tensor hidden;   // [B, T, D]: s
  at::Tensor context;  // [B, T, D]: c
};

RecurrentEncoderDecoder::RecurrentEncoderDecoder(CellKind cell,
                                                 const RecurrentEncoderDecoderOptions& options,
                                                 const SequenceShape& shape)
    : options_(options), shape_(shape) {
  check_shape();
  using torch::nn::Embedding;
  const int64_t width = options.d_model;
  source_embedding_ =
      register_module("source_embedding", Embedding(shape.source_vocabulary, width));
  token_embedding_ = register_module("token_embedding", Embedding(shape.vocabulary, width));
  const auto stack = [&](int64_t input_width) {
    return RecurrentStack(RecurrentStackOptions{.layer = {.cell = cell,
                                                          .input_width = input_width,
                                                          .width = width,
                                                          .bias = options.bias,
                                                          .forget_bias = options.forget_bias},
                                                .layers = options.layers,
                                                .dropout = options.dropout});
  };
  encoder_ = register_module("encoder", stack(width));
  decoder_ = register_module("decoder", stack(2 * width));
  if (options.context != SourceContext::fixed) {
    const auto score =
        options.context == SourceContext::dot ? AttentionScore::dot : AttentionScore::additive;
    attention_ = register_module("attention", RnnAttention(score, width));
  }
  readout_ = register_module(
      "readout", torch::nn::Linear(torch::nn::LinearOptions(2 * width, width).bias(options.bias)));
  output_weight_ =
      options.tied ? token_embedding_->weight
                   : register_parameter("output_weight", at::empty({shape.output_width, width}));
  if (options.bias)
    output_bias_ = register_parameter("output_bias", at::zeros({shape.output_width}));
  initialise();
}

void RecurrentEncoderDecoder::check_shape() const {
  if (shape_.source_vocabulary < 1)
    throw OptionError("kind",
                      "expected a model without a source, such as tanh, gru, lstm or transformer: "
                      "this task has none");
  if (shape_.vocabulary < 1 || shape_.output_width < 1 ||
      shape_.output != SequenceShape::Output::per_position)
    throw std::invalid_argument(
        c10::str("an encoder-decoder expects a vocabulary and an answer a position; got ",
                 shape_.vocabulary, " tokens and ", shape_.output_width, " outputs a ",
                 shape_.output == SequenceShape::Output::per_position ? "position" : "sequence"));
  shape_.check_tied(options_.tied);
}

// As for RecurrentModel, which says why.
void RecurrentEncoderDecoder::initialise() {
  const double bound = 1 / std::sqrt(static_cast<double>(options_.d_model));
  if (options_.tied)
    torch::nn::init::normal_(output_weight_, 0, 0.3);
  else
    torch::nn::init::uniform_(output_weight_, -bound, bound);
}

at::Tensor RecurrentEncoderDecoder::embed(const SequenceInput& input) {
  if (!input.source.defined() || input.source.dim() != 2)
    throw std::invalid_argument(
        c10::str("expected a source [B, S], got ", format_shape(input.source)));
  return source_embedding_->forward(input.source);  // [B, S, D]
}

at::Tensor RecurrentEncoderDecoder::forward_embedded(const at::Tensor& embedded,
                                                     const SequenceInput& input,
                                                     AttentionHook* hook) {
  return write(input, encode(embedded, input), hook);
}

at::Tensor RecurrentEncoderDecoder::forward_through_states(const at::Tensor& embedded,
                                                           const SequenceInput& input,
                                                           std::vector<at::Tensor>& states) {
  const auto read = encoder_->forward_through_states(drop(embedded), input.source_lengths, states);
  return write(input, start(read, input.source_lengths), nullptr);
}

at::Tensor RecurrentEncoderDecoder::write(const SequenceInput& input, State state,
                                          AttentionHook* hook) {
  const auto& tokens = input.values;
  const int64_t batch = state.layers.front().hidden.size(0);
  if (!tokens.defined() || tokens.dim() != 2 || tokens.size(0) != batch || tokens.numel() == 0)
    throw std::invalid_argument(c10::str("expected tokens [", batch,
                                         ", T], as many rows as the source has and not empty, got ",
                                         format_shape(tokens)));
  const auto embedded = drop(token_embedding_->forward(tokens));  // [B, T, D]
  return logits(attention_ ? one_by_one(embedded, state, hook) : all_at_once(embedded, state));
}

std::unique_ptr<SequenceState> RecurrentEncoderDecoder::read_source(const SequenceInput& input,
                                                                    AttentionHook*) {
  return std::make_unique<State>(encode(embed(input), input));
}

at::Tensor RecurrentEncoderDecoder::step(const at::Tensor& tokens, SequenceState& state,
                                         AttentionHook* hook) {
  const auto embedded = drop(token_embedding_->forward(tokens));  // [B, D]
  return logits(advance(embedded, dynamic_cast<State&>(state), hook));
}

std::vector<BlockPath> RecurrentEncoderDecoder::describe_paths() const {
  std::vector<BlockPath> paths;
  encoder_->describe_paths("encoder", /*attention_between_steps=*/false, paths);
  decoder_->describe_paths("decoder", has_attention(), paths);
  return paths;
}

// The decoder's layers, and of the source its context or its keys and values.
int64_t RecurrentEncoderDecoder::state_size(int64_t length) const {
  const int64_t kept = attention_ ? length * (attention_->makes_keys() ? 2 : 1) : 1;
  return decoder_->state_size() + kept * options_.d_model;
}

RecurrentEncoderDecoder::State RecurrentEncoderDecoder::encode(const at::Tensor& embedded,
                                                               const SequenceInput& input) {
  const auto& lengths = input.source_lengths;
  return start(encoder_->forward(drop(embedded), {}, lengths), lengths);
}

// The decoder starts from the encoder's last states, layer by layer.
RecurrentEncoderDecoder::State RecurrentEncoderDecoder::start(const RecurrentStackOutput& read,
                                                              const at::Tensor& source_lengths) {
  State state;
  state.layers = read.states;
  if (attention_)
    state.source = attention_->prepare(read.output, source_lengths);
  else
    state.context = read.states.back().hidden;
  return state;
}

// One step: embedded [B, D].
RecurrentEncoderDecoder::Steps RecurrentEncoderDecoder::advance(const at::Tensor& embedded,
                                                                State& state, AttentionHook* hook) {
  const auto context = attention_ ? look_back(state, hook) : state.context;  // [B, D]
  const auto hidden = decoder_->step(at::cat({embedded, context}, 1), state.layers);
  return {.hidden = hidden, .context = context};
}

// The hook is shown one head of the width D and one query.
at::Tensor RecurrentEncoderDecoder::look_back(const State& state, AttentionHook* hook) {
  const auto& source = state.source;
  auto seen = attention_->forward(state.layers.back().hidden, source);
  if (!hook) return seen.output;
  const auto as_head = [](const at::Tensor& rows) { return rows.unsqueeze(1).unsqueeze(1); };
  AttentionMask mask;
  if (source.mask.added.defined()) mask.mask = as_head(source.mask.added);
  const HookPoint hook_point{hook, {.kind = AttentionKind::cross, .layer = 0}};
  seen = {.output = as_head(seen.output), .weights = as_head(seen.weights)};
  return hook_point.run_hook(std::move(seen), mask).output.flatten(1);
}

// A context that waits for no state. embedded [B, T, D].
RecurrentEncoderDecoder::Steps RecurrentEncoderDecoder::all_at_once(const at::Tensor& embedded,
                                                                    const State& state) {
  const auto context = state.context.unsqueeze(1).expand_as(embedded);  // [B, T, D]
  const auto result = decoder_->forward(at::cat({embedded, context}, 2), state.layers);
  return {.hidden = result.output, .context = context};
}

// embedded [B, T, D].
RecurrentEncoderDecoder::Steps RecurrentEncoderDecoder::one_by_one(const at::Tensor& embedded,
                                                                   State& state,
                                                                   AttentionHook* hook) {
  std::vector<at::Tensor> hidden, context;
  for (const auto& token : embedded.unbind(1)) {
    const auto one = advance(token, state, hook);
    hidden.push_back(one.hidden);
    context.push_back(one.context);
  }
  return {.hidden = at::stack(hidden, 1), .context = at::stack(context, 1)};
}

// [..., O]
at::Tensor RecurrentEncoderDecoder::logits(const Steps& steps) {
  const auto read = readout_->forward(at::cat({steps.hidden, steps.context}, -1)).tanh();
  return at::linear(drop(read), output_weight_, output_bias_);
}

at::Tensor RecurrentEncoderDecoder::drop(const at::Tensor& values) const {
  return with_dropout(values, options_.dropout, is_training());
}

namespace {

template <CellKind cell>
class RecurrentEncoderDecoderBuilder : public ModelBuilder {
 public:
  void describe(OptionList& list) override {
    auto& o = options_;
    list.add("layers", &o.layers, "recurrent layers of the encoder, and as many of the decoder")
        .at_least(1);
    list.add("d_model", &o.d_model, "width of the embeddings and of each layer's state")
        .at_least(1);
    list.add("dropout", &o.dropout,
             "probability, while training; between layers, not from step to step")
        .at_least(0)
        .below(1);
    list.add("tied", &o.tied, "the output layer shares the target's embedding");
    list.add("bias", &o.bias, "biases in the layers, the readout and the output");
    if (cell == CellKind::lstm)
      list.add("forget_bias", &o.forget_bias,
               "where the forget gate's bias starts; without biases it means nothing");
    list.add("context", &o.context,
             "what the decoder reads of the source at each step: the encoder's last state, fixed, "
             "or attention over all of them, by this score");
  }

  std::shared_ptr<SequenceModel> build(const SequenceShape& shape) const override {
    return std::make_shared<RecurrentEncoderDecoder>(cell, options_, shape);
  }

 private:
  RecurrentEncoderDecoderOptions options_;
};

const Registration<ModelBuilder, RecurrentEncoderDecoderBuilder<CellKind::tanh>> tanh_registration{
    "tanh_encoder_decoder",
    "recurrent encoder and decoder without gates, with or without attention (1409.0473)"};
const Registration<ModelBuilder, RecurrentEncoderDecoderBuilder<CellKind::gru>> gru_registration{
    "gru_encoder_decoder",
    "encoder and decoder of gated recurrent units, with or without attention (1409.0473)"};
const Registration<ModelBuilder, RecurrentEncoderDecoderBuilder<CellKind::lstm>> lstm_registration{
    "lstm_encoder_decoder",
    "encoder and decoder of long short-term memory, with or without attention (1409.0473)"};

}  // namespace
}  // namespace heed
