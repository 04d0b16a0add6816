#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <algorithm>

#include "models/attention/multi_head_attention.h"
#include "src/attend/recording.h"
#include "src/studies/matrices.h"
#include "src/studies/study.h"
#include "src/studies/trained_run.h"

namespace heed {
namespace {

constexpr const char* cross_attention_experiment = R"(seed = 1
[task]
kind = "translate"
[model]
kind = "encoder_decoder"
layers = 1
heads = 1
d_model = 64
position = "sinusoidal"
[train]
steps = 1500
batch = 64
lr = 2e-3
min_lr = 2e-5
warmup = 200
beta2 = 0.98
weight_decay = 0.5
eval_every = 500
checkpoint_every = 1500
)";

std::string sizes(const at::Tensor& tensor) {
  std::string text;
  for (const int64_t size : tensor.sizes())
    text += (text.empty() ? "[" : ", ") + std::to_string(size);
  return text + "]";
}

// Where each query should look, as equal weights on all correct keys.
at::Tensor true_map(const std::vector<GoldLinks>& links, const at::Tensor& like) {
  auto map = at::zeros_like(like);  // [T, S]
  for (const auto& kind : links)
    for (const auto& link : kind.links)
      if (kind.to_source)
        for (const int64_t key : link.keys)
          map[link.query][key] = 1 / static_cast<double>(link.keys.size());
  return map;
}

class CrossAttentionStudy : public Study {
 public:
  int place() const override { return 12; }

  std::string asked() const override {
    return "One module, used both ways: query, key and value from one sequence, or the query from "
           "the decoder and the rest from the encoder. Then a translation with another word order "
           "is trained, and its cross-attention compared with the true alignment. Where does the "
           "transformer use which, and how are the inputs passed?";
  }

  void run(Report& report) const override {
    both_ways(report);
    const auto run = trained_run(report.folder(), "model", cross_attention_experiment,
                                 training_settings(quick()));
    const auto found = evaluate(*run.model, *run.config.task, Split::validation);
    const auto best =
        std::min_element(found.alignment.begin(), found.alignment.end(),
                         [](const auto& a, const auto& b) { return a.error_rate < b.error_rate; });
    const double rate = best->error_rate;
    report.heading("A translation");
    report.paragraph(fmt::format(
        "A transformer with one cross-attention head reads sentences of the built-in language and "
        "writes them in an invented one, with other words and the verb at the end. After {} steps "
        "it loses {:.4f} nats per word.",
        run.step, found.loss));
    draw(report, run);
    report.record("loss", found.loss);
    report.record("alignment_error_rate", rate);
    answers(report, rate);
  }

 private:
  static void both_ways(Report& report) {
    const at::NoGradGuard no_gradients;
    at::manual_seed(1);
    MultiHeadAttention module(MultiHeadAttentionOptions{.width = 8, .heads = 2});
    const auto decoder = at::randn({1, 3, 8}), encoder = at::randn({1, 5, 8});
    const auto self = module->forward(decoder, decoder, decoder);
    const auto cross = module->forward(decoder, encoder, encoder);
    ConsoleTable table({{"use"}, {"query from"}, {"key and value from"}, {"weights"}, {"output"}},
                       "One module, 2 heads of a model of width 8");
    table.add_row({"self-attention", "decoder " + sizes(decoder), "decoder " + sizes(decoder),
                   sizes(self.weights), sizes(self.output)});
    table.add_row({"cross-attention", "decoder " + sizes(decoder), "encoder " + sizes(encoder),
                   sizes(cross.weights), sizes(cross.output)});
    report.table(table);
    report.record("self_weights_shape", self.weights.sizes().vec());
    report.record("cross_weights_shape", cross.weights.sizes().vec());
  }

  // A sentence of moderate length whose words change places.
  static bool shows_order(const Batch& batch) {
    const auto places = batch.alignment[0].slice(0, 0, -1);  // all but the end's
    return places.numel() >= 8 && places.numel() <= 12 && places.diff().lt(0).any().item<bool>();
  }

  static void draw(Report& report, const Run& run) {
    int64_t row = 0;
    while (!shows_order(run.config.task->batch(Split::validation, row, 1))) ++row;
    const auto arrays = record_row(run, Split::validation, row);
    const auto weights = arrays.maps.at(AttentionKind::cross)[0][0][0];  // [T, S]
    show_maps(report, "alignment",
              "The cross-attention of one validation sentence, beside its true alignment: which "
              "source word (column) each written word (row) translates.",
              {{"cross-attention", weights}, {"true alignment", true_map(arrays.links, weights)}},
              arrays.written, arrays.source_tokens);
  }

  static void answers(Report& report, double rate) {
    report.answer(
        "Where does the transformer use which?",
        "Self-attention in every layer of the encoder, and under a causal mask of the decoder; "
        "cross-attention in every layer of the decoder, after its self-attention.");
    report.answer(
        "How are the inputs passed?",
        "The decoder's state is the query; key and value are both the encoder's output, the same "
        "for all layers. So there is a row of weights per target word and a column per source "
        "word.");
    report.answer(
        "Does the head align the words?",
        fmt::format("Its alignment error rate is {:.1f} %: {}.", 100 * rate,
                    rate < 0.1
                        ? "nearly every word attends to the word that it translates, although "
                          "the model was never shown the alignment"
                    : rate < 0.5 ? "more than half of the words look where they should"
                                 : "after so short a training it does not yet"));
  }
};

const Registration<Study, CrossAttentionStudy> cross_attention_registration{
    "cross-attention", "self- and cross-attention by one module, and a translation's alignment"};

}  // namespace
}  // namespace heed
