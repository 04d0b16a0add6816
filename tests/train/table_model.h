#pragma once

#include <ATen/ATen.h>

#include <memory>
#include <stdexcept>
#include <vector>

#include "models/attention/attention_recorder.h"
#include "models/model_builder.h"
#include "models/sequence_model.h"

namespace heed {

/// A language model that is a table: the logits of the next token, by the last two tokens. The
/// token before the first is 0, or the source's first. It records equal weights on all tokens so
/// far.
class TableModel : public SequenceModel {
 public:
  /// `logits` [V, V, V], by the token before the last, the last, and the next token.
  explicit TableModel(const at::Tensor& logits) {
    logits_ = register_parameter("logits", logits, false);
  }

  static std::shared_ptr<TableModel> random(int64_t vocabulary, int64_t seed) {
    at::manual_seed(static_cast<uint64_t>(seed));
    return std::make_shared<TableModel>(at::randn({vocabulary, vocabulary, vocabulary}));
  }

  at::Tensor forward(const SequenceInput&, AttentionHook*) override {
    throw std::logic_error("a table is stepped");
  }

  std::unique_ptr<SequenceState> initial_state(int64_t batch) const override {
    return std::make_unique<State>(at::zeros({batch}, at::kLong));
  }

  std::unique_ptr<SequenceState> read_source(const SequenceInput& input, AttentionHook*) override {
    return std::make_unique<State>(input.source.select(1, 0));
  }

  at::Tensor step(const at::Tensor& tokens, SequenceState& state,
                  AttentionHook* recorder) override {
    auto& own = dynamic_cast<State&>(state);
    if (tokens.sizes() != own.last.sizes()) throw std::logic_error("rows do not fit the state");
    batches.push_back(tokens.size(0));
    const auto output = logits_.index({own.last, tokens});  // [B, V]
    own.last = tokens;
    ++own.length;
    if (recorder)
      recorder->on_weights(
          {AttentionKind::self, 0},
          at::full({tokens.size(0), 1, 1, own.length}, 1 / static_cast<double>(own.length)), {});
    return output;
  }

  bool generates() const override { return true; }
  bool has_attention() const override { return true; }

  const at::Tensor& logits() const { return logits_; }
  std::vector<int64_t> batches;  ///< the rows of each step so far

 private:
  struct State : SequenceState {
    explicit State(at::Tensor first) : last(std::move(first)) {}
    void select(const at::Tensor& rows) override { last = last.index_select(0, rows); }
    at::Tensor last;  // [B]
    int64_t length = 0;
  };

  at::Tensor logits_;
};

/// A small model of a registered kind with random weights.
inline std::shared_ptr<SequenceModel> small_model(const std::string& kind) {
  const auto builder = ModelRegistry::instance().make(kind);
  OptionList list;
  builder->describe(list);
  *std::get<int64_t*>(list.find("d_model")->target) = 16;
  at::manual_seed(1);
  auto model = builder->build({.vocabulary = 5, .output_width = 5, .max_length = 8});
  at::NoGradGuard guard;
  for (auto& parameter : model->parameters()) parameter.normal_(0, 0.5);
  return model;
}

}  // namespace heed
