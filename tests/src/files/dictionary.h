#pragma once

#include <ATen/ATen.h>

#include <memory>

#include "models/attention/attention_recorder.h"
#include "models/model_builder.h"
#include "models/sequence_model.h"
#include "src/experiment/config.h"
#include "src/experiment/run.h"
#include "train/checkpoint.h"
#include "train/files/file.h"

namespace heed {

/// The smallest task that answers a source: word by word, "one two" becomes "un deux".
class DictionaryTask : public Task {
 public:
  void describe(OptionList&) override {}
  void prepare(const TaskSetup&) override {}
  SequenceShape shape() const override {
    return {.vocabulary = target_.size(),
            .output_width = target_.size(),
            .max_length = 6,
            .source_vocabulary = source_.size(),
            .max_source_length = 5};
  }
  Batch batch(Split, int64_t, int64_t) const override { throw std::logic_error("no data"); }
  int64_t evaluation_rows(Split) const override { return 0; }
  RowSource rows_of_text(const std::string&, const std::string&) const override { return {}; }
  TaskCard card() const override { return {}; }
  std::vector<Baseline> baselines() const override { return {}; }
  std::string example() override { return ""; }
  const Tokenizer* tokenizer() const override { return &target_; }
  const Tokenizer* source_tokenizer() const override { return &source_; }
  int64_t start_token() const override { return 3; }
  int64_t end_token() const override { return 4; }
  std::string default_prompt() const override { return "one"; }

 private:
  Tokenizer source_{{.unit = "word", .tokens = {"one", "two", "three"}}};
  Tokenizer target_{{.unit = "word", .tokens = {"un", "deux", "trois", "<start>", "<end>"}}};
};

/// Attends to one source word after the other and predicts its translation. Its recorded maps: the
/// encoder attends to the same word, the decoder to the last token.
class DictionaryModel : public SequenceModel {
 public:
  DictionaryModel() { logits_ = register_parameter("logits", at::eye(5).mul(3), false); }

  at::Tensor forward(const SequenceInput&, AttentionHook*) override {
    throw std::logic_error("a dictionary is stepped");
  }

  std::unique_ptr<SequenceState> read_source(const SequenceInput& input,
                                             AttentionHook* recorder) override {
    const auto words = input.source.size(1);
    if (recorder)
      recorder->on_weights({AttentionKind::encoder, 0}, at::eye(words).view({1, 1, words, words}),
                           {});
    auto state = std::make_unique<State>();
    state->source = input.source;
    return state;
  }

  at::Tensor step(const at::Tensor&, SequenceState& state, AttentionHook* recorder) override {
    auto& own = dynamic_cast<State&>(state);
    const auto words = own.source.size(1), place = own.place++;
    if (recorder) {
      recorder->on_weights({AttentionKind::decoder, 0},
                           at::eye(place + 1)[place].view({1, 1, 1, -1}), {});
      recorder->on_weights({AttentionKind::cross, 0},
                           at::eye(words)[std::min(place, words - 1)].view({1, 1, 1, -1}), {});
    }
    if (place >= words) return logits_[4].expand({own.source.size(0), 5});
    return logits_.index_select(0, own.source.select(1, place));
  }

  bool generates() const override { return true; }
  bool has_attention() const override { return true; }

 private:
  struct State : SequenceState {
    void select(const at::Tensor& rows) override { source = source.index_select(0, rows); }
    at::Tensor source;  // [B, S]
    int64_t place = 0;
  };

  at::Tensor logits_;  // by the word that is looked at
};

class DictionaryBuilder : public ModelBuilder {
 public:
  void describe(OptionList&) override {}
  std::shared_ptr<SequenceModel> build(const SequenceShape&) const override {
    return std::make_shared<DictionaryModel>();
  }
};

inline const Registration<Task, DictionaryTask> dictionary_task{"dictionary", "for tests"};
inline const Registration<ModelBuilder, DictionaryBuilder> dictionary_model{"dictionary",
                                                                            "for tests"};

/// Writes a run of the two into `folder`, as if it had been trained.
inline void write_dictionary_run(const std::filesystem::path& folder) {
  const RunDirectory directory(folder);
  make_folder(folder);
  write_file(directory.config(), "[task]\nkind = \"dictionary\"\n[model]\nkind = \"dictionary\"\n");
  save_checkpoint(directory.last(), DictionaryModel(), nullptr, {});
}

}  // namespace heed
