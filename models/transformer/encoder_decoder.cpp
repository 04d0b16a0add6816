#include "models/transformer/encoder_decoder.h"

#include <stdexcept>
#include <vector>

#include "models/attention/attention_mask.h"
#include "models/layers/dropout.h"
#include "models/layers/linear.h"
#include "models/model_builder.h"

namespace heed {

struct EncoderDecoder::State : SequenceState {
  DecoderMemory memory;
  std::vector<DecoderCache> caches;
  int64_t length = 0;  // of the target so far

  void select(const at::Tensor& rows) override {
    memory.states = memory.states.index_select(0, rows);
    if (memory.mask.defined()) memory.mask = memory.mask.index_select(0, rows);
    for (auto& cache : caches) cache.select(rows);
  }

  int64_t numel() const override {
    int64_t count = memory.states.numel();
    for (const auto& cache : caches) count += cache.numel();
    return count;
  }
};

EncoderDecoder::EncoderDecoder(const TransformerOptions& options, const SequenceShape& shape)
    : options_(options), shape_(shape) {
  check_shape();
  const int64_t width = options.d_model;
  const auto position = PositionRegistry::instance().make(options.position);
  source_embedding_ =
      register_module("source_embedding", torch::nn::Embedding(shape.source_vocabulary, width));
  token_embedding_ =
      register_module("token_embedding", torch::nn::Embedding(shape.vocabulary, width));
  source_positions_ = position->build(width, shape.max_source_length);
  positions_ = position->build(width, shape.max_length);
  register_module("source_positions", source_positions_);
  register_module("positions", positions_);
  encoder_ = register_module("encoder", Encoder(options.stack(AttentionKind::encoder)));
  decoder_ = register_module("decoder", Decoder(options.stack(AttentionKind::decoder)));
  if (!options.tied)
    output_ = register_module(
        "output",
        torch::nn::Linear(torch::nn::LinearOptions(width, shape.output_width).bias(options.bias)));
  initialise_transformer(*this, options, (options.feed_forward ? 3 : 2) * options.layers);
}

void EncoderDecoder::check_shape() const {
  if (shape_.source_vocabulary < 1)
    throw OptionError("kind",
                      "expected a model without a source, since this task has none, such as "
                      "transformer; got encoder_decoder");
  if (!shape_.answers_tokens())
    throw std::invalid_argument("an encoder-decoder model expects a task that asks for tokens");
}

at::Tensor EncoderDecoder::embed(const SequenceInput& input) {
  const auto& source = input.source;
  if (!source.defined() || source.dim() != 2)
    throw std::invalid_argument("an encoder-decoder model expects a source [B, S]");
  return source_embedding_->forward(source);  // [B, S, D]
}

at::Tensor EncoderDecoder::forward_embedded(const at::Tensor& embedded, const SequenceInput& input,
                                            AttentionHook* hook) {
  const auto memory = encode(embedded, input.source_lengths, hook);
  const auto& tokens = input.values;
  const auto target =
      add_positions(token_embedding_->forward(tokens), *positions_, 0);  // [B, T, D]
  const auto mask =
      options_.attention_mask(tokens.size(1), /*is_causal=*/true, input.lengths, tokens.device());
  return logits(decoder_->forward(target, memory, mask, hook));  // [B, T, O]
}

DecoderMemory EncoderDecoder::encode(const at::Tensor& embedded, const at::Tensor& lengths,
                                     AttentionHook* hook) {
  const int64_t length = embedded.size(1);
  const auto source = add_positions(embedded, *source_positions_, 0);  // [B, S, D]
  const auto mask =
      options_.attention_mask(length, /*is_causal=*/false, lengths, embedded.device());
  DecoderMemory memory{.states = encoder_->forward(source, mask, hook)};  // [B, S, D]
  if (lengths.defined()) memory.mask = padding_mask(lengths, length);
  return memory;
}

at::Tensor EncoderDecoder::add_positions(const at::Tensor& embedded, PositionalEncoding& positions,
                                         int64_t start) const {
  const auto result = positions.forward(embedded, start);
  return with_dropout(result, options_.dropout, is_training());
}

at::Tensor EncoderDecoder::logits(const at::Tensor& hidden) {
  return options_.softcap(output_ ? heed::linear(hidden, output_->weight, output_->bias)
                                  : heed::linear(hidden, token_embedding_->weight));
}

std::unique_ptr<SequenceState> EncoderDecoder::read_source(const SequenceInput& input,
                                                           AttentionHook* hook) {
  auto state = std::make_unique<State>();
  state->memory = encode(embed(input), input.source_lengths, hook);
  state->caches.resize(static_cast<size_t>(options_.layers));
  return state;
}

std::vector<BlockPath> EncoderDecoder::describe_paths() const {
  std::vector<BlockPath> paths;
  const auto device = tensor_options().device();
  encoder_->describe_paths(
      "encoder", options_.attention_mask(shape_.max_source_length, /*is_causal=*/false, {}, device),
      paths);
  decoder_->describe_paths(
      "decoder", options_.attention_mask(shape_.max_length, /*is_causal=*/true, {}, device), paths);
  return paths;
}

// Of the target keys and values, of the source those and the encoder's output that they come from.
int64_t EncoderDecoder::state_size(int64_t length) const {
  return (2 * 2 * options_.layers + 1) * options_.d_model * length;
}

at::Tensor EncoderDecoder::step(const at::Tensor& tokens, SequenceState& state,
                                AttentionHook* hook) {
  auto& own = dynamic_cast<State&>(state);
  const auto embedded = add_positions(token_embedding_->forward(tokens.unsqueeze(1)), *positions_,
                                      own.length);  // [B, 1, D]
  ++own.length;
  const auto mask = options_.last_query_mask(own.length, tokens.device());
  return logits(decoder_->forward(embedded, own.memory, mask, hook, &own.caches)).select(1, 0);
}

namespace {

class EncoderDecoderBuilder : public ModelBuilder {
 public:
  EncoderDecoderBuilder() { options_.layers = 2; }

  void describe(OptionList& list) override { options_.describe(list); }
  void check() const override { options_.check(); }
  AttentionOptions* attention() override { return &options_.attention; }
  void check_attention(const SequenceShape& shape) const override {
    options_.attention.check_length(shape.max_source_length, /*causal=*/false);
    options_.attention.check_length(shape.max_length, /*causal=*/true);
  }

  std::shared_ptr<SequenceModel> build(const SequenceShape& shape) const override {
    return std::make_shared<EncoderDecoder>(options_, shape);
  }

 private:
  TransformerOptions options_;
};

const Registration<ModelBuilder, EncoderDecoderBuilder> encoder_decoder_registration{
    "encoder_decoder", "transformer encoder and decoder with cross-attention (1706.03762)"};

}  // namespace
}  // namespace heed
