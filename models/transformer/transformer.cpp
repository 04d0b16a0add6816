#include "models/transformer/transformer.h"

#include <algorithm>
#include <stdexcept>

#include "models/attention/attention_mask.h"
#include "models/layers/dropout.h"
#include "models/layers/linear.h"
#include "models/model_builder.h"

namespace heed {

/// While the sequence fits the positions, each layer's keys and values are kept. Beyond, the window
/// slides: every position changes its number, and the rest of the window is computed again.
struct Transformer::State : SequenceState {
  std::vector<KeyValueCache> caches;
  at::Tensor tokens;  // [B, n]
  int64_t eviction_stride = 1;

  void set_eviction_stride(int64_t positions) override { eviction_stride = positions; }

  void select(const at::Tensor& rows) override {
    tokens = tokens.index_select(0, rows);
    for (auto& cache : caches) cache.select(rows);
  }

  int64_t numel() const override {
    int64_t count = 0;
    for (const auto& cache : caches) count += cache.numel();
    return count;
  }
};

namespace {

// Shows a hook only the last query of a whole pass, as a step would.
class LastQuery : public AttentionHook {
 public:
  explicit LastQuery(AttentionHook* hook) : hook_(hook) {}
  bool wants_weights() const override { return hook_->wants_weights(); }
  void on_weights(const LayerId& layer_id, const at::Tensor& weights,
                  const AttentionMask& mask) override {
    auto last = mask;
    if (mask.mask.defined() && mask.mask.dim() >= 2) last.mask = mask.mask.slice(-2, -1);
    hook_->on_weights(layer_id, weights.slice(2, -1), last);
  }
  at::Tensor on_head_outputs(const LayerId& layer_id, const at::Tensor& outputs) override {
    return hook_->on_head_outputs(layer_id, outputs);
  }

 private:
  AttentionHook* hook_;
};

}  // namespace

Transformer::Transformer(const TransformerOptions& options, const SequenceShape& shape)
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
  bigram_embedding_ = register_module(
      "bigram_embedding", BigramEmbedding(options.bigram_embedding, shape.vocabulary, width));
  positions_ = PositionRegistry::instance().make(options.position)->build(width, shape.max_length);
  register_module("positions", positions_);
  encoder_ = register_module("encoder", Encoder(options.stack()));
  if (!options.tied)
    output_ = register_module(
        "output", torch::nn::Linear(LinearOptions(width, shape.output_width).bias(options.bias)));
  initialise_transformer(*this, options, (options.feed_forward ? 2 : 1) * options.layers);
}

void Transformer::check_shape() const {
  using Context = SequenceShape::Context;
  if (shape_.source_vocabulary > 0)
    throw OptionError("kind",
                      "expected a model that reads a source, which this task has, such as "
                      "encoder_decoder; got transformer");
  shape_.check_tied(options_.tied);
  if (shape_.context == Context::causal && !options_.causal)
    throw OptionError("causal",
                      "expected true: the task asks for the next token, which a model that sees "
                      "both sides could copy");
  if (shape_.context == Context::bidirectional && options_.causal)
    throw OptionError("causal",
                      "expected false: the task hides words that both sides tell of, and a causal "
                      "model sees one");
}

at::Tensor Transformer::embed(const SequenceInput& input) {
  if (!token_embedding_)
    return heed::linear(input.values, input_projection_->weight, input_projection_->bias);
  return bigram_embedding_->with_pairs(token_embedding_->forward(input.values),
                                       input.values);  // [B, T, D]
}

at::Tensor Transformer::forward_embedded(const at::Tensor& embedded, const SequenceInput& input,
                                         AttentionHook* hook) {
  const auto mask =
      options_.attention_mask(embedded.size(1), options_.causal, input.lengths, embedded.device());
  const auto hidden = encoder_->forward(
      add_positions(bigram_embedding_->with_token_shift(embedded), 0), mask, hook);  // [B, T, D]
  if (shape_.output == SequenceShape::Output::per_position) return logits(hidden);   // [B, T, O]
  return logits(pool(hidden, input.lengths));                                        // [B, O]
}

at::Tensor Transformer::add_positions(const at::Tensor& embedded, int64_t start) const {
  const auto result = positions_->forward(embedded, start);
  return with_dropout(result, options_.dropout, is_training());
}

at::Tensor Transformer::pool(const at::Tensor& hidden, const at::Tensor& lengths) const {
  const int64_t batch = hidden.size(0), length = hidden.size(1);
  const auto counts =
      lengths.defined()
          ? lengths
          : at::full({batch}, length, at::TensorOptions(at::kLong).device(hidden.device()));  // [B]
  if (options_.pooling == Pooling::last) {
    const auto last = (counts - 1).view({batch, 1, 1}).expand({batch, 1, hidden.size(2)});
    return hidden.gather(1, last).squeeze(1);  // [B, D]
  }
  const auto present = padding_mask(counts, length).view({batch, length, 1});
  return hidden.masked_fill(present.logical_not(), 0).sum(1) / counts.unsqueeze(1);  // [B, D]
}

at::Tensor Transformer::logits(const at::Tensor& hidden) {
  return options_.softcap(output_ ? heed::linear(hidden, output_->weight, output_->bias)
                                  : heed::linear(hidden, token_embedding_->weight));
}

std::unique_ptr<SequenceState> Transformer::initial_state(int64_t batch) const {
  auto state = std::make_unique<State>();
  state->caches.resize(static_cast<size_t>(options_.layers));
  const auto device = tensor_options().device();
  state->tokens = at::empty({batch, 0}, at::TensorOptions(at::kLong).device(device));
  return state;
}

bool Transformer::generates() const {
  return token_embedding_ && shape_.output == SequenceShape::Output::per_position &&
         options_.causal;
}

std::vector<BlockPath> Transformer::describe_paths() const {
  std::vector<BlockPath> paths;
  const auto mask =
      options_.attention_mask(shape_.max_length, options_.causal, {}, tensor_options().device());
  encoder_->describe_paths("encoder", mask, paths);
  return paths;
}

// Keys and values of each layer, also those that a sliding window or a pattern hides.
int64_t Transformer::state_size(int64_t length) const {
  return 2 * options_.layers * options_.d_model * std::min(length, positions_->max_positions());
}

at::Tensor Transformer::step(const at::Tensor& tokens, SequenceState& state, AttentionHook* hook) {
  if (!generates())
    throw std::logic_error("only a causal model that answers every token can be stepped");
  auto& own = dynamic_cast<State&>(state);
  own.tokens = at::cat({own.tokens, tokens.unsqueeze(1)}, 1);  // [B, n]
  const int64_t length = own.tokens.size(1);
  if (length > positions_->max_positions()) return step_in_a_sliding_window(own, hook);
  const auto recent = own.tokens.slice(1, -(1 + bigram_embedding_->reach()));
  const auto embedded =
      bigram_embedding_->with_token_shift(embed({.values = recent})).slice(1, -1);  // [B, 1, D]
  const auto mask = options_.last_query_mask(length, tokens.device());
  return logits(encoder_->forward(add_positions(embedded, length - 1), mask, hook, &own.caches))
      .select(1, 0);
}

at::Tensor Transformer::step_in_a_sliding_window(State& state, AttentionHook* hook) {
  const int64_t kept =
      std::max<int64_t>(1, positions_->max_positions() - (state.eviction_stride - 1));
  state.tokens = state.tokens.slice(1, -kept);
  // If the window moves at every step, nothing reads keys and values again.
  auto* caches = state.eviction_stride > 1 ? &state.caches : nullptr;
  if (caches) caches->assign(caches->size(), KeyValueCache());
  LastQuery last(hook);
  const auto embedded =
      add_positions(bigram_embedding_->with_token_shift(embed({.values = state.tokens})), 0);
  const auto mask =
      options_.attention_mask(embedded.size(1), /*is_causal=*/true, {}, embedded.device());
  const auto hidden = encoder_->forward(embedded, mask, hook ? &last : nullptr, caches);
  return logits(hidden.select(1, -1));  // [B, O]
}

namespace {

class TransformerBuilder : public ModelBuilder {
 public:
  void describe(OptionList& list) override {
    options_.describe(list);
    list.add("pooling", &options_.pooling, "what a per-sequence answer reads");
    list.add("causal", &options_.causal, "no position sees a later one");
    options_.bigram_embedding.describe(list);
  }

  void check() const override { options_.check(); }
  bool causal() const override { return options_.causal; }
  AttentionOptions* attention() override { return &options_.attention; }
  void check_attention(const SequenceShape& shape) const override {
    options_.attention.check_length(shape.max_length, options_.causal);
  }

  std::shared_ptr<SequenceModel> build(const SequenceShape& shape) const override {
    return std::make_shared<Transformer>(options_, shape);
  }

 private:
  TransformerOptions options_;
};

const Registration<ModelBuilder, TransformerBuilder> transformer_registration{
    "transformer", "embedding, positions, self-attention layers, output layer (1706.03762)"};

}  // namespace
}  // namespace heed
