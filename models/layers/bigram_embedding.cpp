#include "models/layers/bigram_embedding.h"

#include <string>

#include "models/layers/linear.h"

namespace heed {
namespace {

constexpr int64_t max_pairs = 10000;

// Puts a zero in front of dimension 1, [B, T - 1, D], for the first position.
at::Tensor after_zero(const at::Tensor& rest) {
  return at::constant_pad_nd(rest, {0, 0, 1, 0}, 0);  // [B, T, D]
}

}  // namespace

void BigramEmbeddingOptions::describe(OptionList& list) {
  list.add("token_shift", &token_shift,
           "each embedding takes a trained share of the one before it");
  list.add("bigram", &bigram, "width of a table of token pairs, added to the embedding; 0: none")
      .at_least(0);
}

BigramEmbeddingImpl::BigramEmbeddingImpl(const BigramEmbeddingOptions& options, int64_t vocabulary,
                                         int64_t width)
    : vocabulary_(vocabulary) {
  if (options.token_shift)
    token_shift_gate_ = register_parameter("token_shift_gate", at::zeros({width}));
  if (options.bigram == 0) return;
  if (vocabulary < 1 || vocabulary * vocabulary > max_pairs)
    throw OptionError("bigram", "expected 0, or a task with at most " + std::to_string(max_pairs) +
                                    " pairs of tokens, got " +
                                    std::to_string(vocabulary * vocabulary));
  pair_embedding_ = register_module("pair_embedding",
                                    torch::nn::Embedding(vocabulary * vocabulary, options.bigram));
  pair_projection_ = register_module(
      "pair_projection",
      torch::nn::Linear(torch::nn::LinearOptions(options.bigram, width).bias(false)));
}

at::Tensor BigramEmbeddingImpl::with_pairs(const at::Tensor& embedded, const at::Tensor& tokens) {
  if (!pair_embedding_ || tokens.size(1) < 2) return embedded;
  const int64_t rest = tokens.size(1) - 1;
  const auto pairs = tokens.narrow(1, 0, rest) * vocabulary_ + tokens.narrow(1, 1, rest);
  return embedded +
         after_zero(heed::linear(pair_embedding_->forward(pairs), pair_projection_->weight));
}

at::Tensor BigramEmbeddingImpl::with_token_shift(const at::Tensor& embedded) const {
  if (!token_shift_gate_.defined() || embedded.size(1) < 2) return embedded;
  const auto before = embedded.narrow(1, 0, embedded.size(1) - 1);  // [B, T - 1, D]
  return embedded + after_zero(before * token_shift_gate_.sigmoid());
}

}  // namespace heed
