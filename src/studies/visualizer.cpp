#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <set>

#include "src/analysis/analysis.h"
#include "src/analysis/findings.h"
#include "src/analysis/head_measure.h"
#include "src/analysis/tables.h"
#include "src/attend/recording.h"
#include "src/attend/run_analysis.h"
#include "src/studies/matrices.h"
#include "src/studies/study.h"
#include "src/studies/trained_run.h"

namespace heed {
namespace {

using nlohmann::ordered_json;

constexpr const char* visualizer_experiment = R"(seed = 1
[task]
kind = "grammar"
[model]
kind = "transformer"
layers = 2
heads = 4
d_model = 64
bias = false
tied = true
[train]
steps = 1200
batch = 64
context = 32
lr = 3e-3
min_lr = 3e-5
warmup = 100
beta2 = 0.99
eval_every = 400
checkpoint_every = 1200
)";

const std::vector<std::string> sentences = {
    "the cats that the dog near the houses chases sleep .",
    "the cat sat on the mat because it was tired , the cat ."};

/// How many heads have each role.
std::map<std::string, int> count_roles(const Analysis& analysis) {
  std::map<std::string, int> roles;
  for (const auto& head : analysis.heads) ++roles[head.role.role];
  return roles;
}

/// The head that gives most weight to the previous token.
const HeadReport& most_previous(const Analysis& analysis) {
  const auto mass = [](const HeadReport& head) {
    const double mean = head.trained.mean("previous");
    return std::isnan(mean) ? -1 : mean;
  };
  return *std::max_element(
      analysis.heads.begin(), analysis.heads.end(),
      [&](const HeadReport& a, const HeadReport& b) { return mass(a) < mass(b); });
}

class VisualizerStudy : public Study {
 public:
  int place() const override { return 15; }

  std::string asked() const override {
    return "Train a small attention language model, record its weights on sample sentences, draw "
           "each head, and say what is there: does a head look at the previous word, do heads "
           "differ, do they specialise? Beside them the same numbers before training.";
  }

  void run(Report& report) const override {
    const auto run =
        trained_run(report.folder(), "model", visualizer_experiment, training_settings(quick()));
    const auto analysis = analyze_run(run, {.sentences = quick() ? 16 : 256});
    const auto found = evaluate(*run.model, *run.config.task, Split::validation);
    report.paragraph(fmt::format(
        "Two layers of four heads, trained on the built-in language. On the validation rows the "
        "model loses {:.4f} nats per token; the exact predictor, which knows every probability "
        "of the language, loses {:.4f} on the same words.",
        found.loss, found.exact_loss.value()));
    for (size_t i = 0; i < sentences.size(); ++i) draw(report, run, i);
    report.table(heads_table(analysis));
    report.table(places_table(analysis));
    record_numbers(report, analysis, found);
    answers(report, analysis);
    report.heading("In words");
    for (const auto& finding : findings(analysis)) report.paragraph(finding);
  }

 private:
  static void draw(Report& report, const Run& run, size_t number) {
    const auto arrays = record_text(run, {sentences[number], "the sample"}, {});
    const auto& maps = arrays.maps.at(AttentionKind::self);  // [L, 1, H, T, T]
    for (int64_t layer = 0; layer < maps.size(0); ++layer) {
      std::vector<ShownMap> heads;
      for (int64_t head = 0; head < maps.size(2); ++head)
        heads.push_back({fmt::format("head {}", head), maps[layer][0][head]});
      show_maps(report, fmt::format("sentence{}-layer{}", number + 1, layer),
                fmt::format("Layer {}, reading \"{}\".", layer, sentences[number]), heads,
                arrays.tokens, arrays.tokens);
    }
  }

  static void record_numbers(Report& report, const Analysis& analysis, const Evaluation& found) {
    auto heads = ordered_json::array();
    for (const auto& head : analysis.heads)
      heads.push_back({{"layer", head.head.layer_id.layer},
                       {"head", head.head.head},
                       {"word", head.role.role},
                       {"previous", head.trained.mean("previous")},
                       {"previous_untrained", head.untrained.mean("previous")},
                       {"removal_cost", head.importance.mean.all.mean}});
    auto layers = ordered_json::array();
    for (const auto& layer : analysis.layers)
      layers.push_back({{"layer", layer.layer_id.layer},
                        {"heads_differ", layer.differ},
                        {"heads_differ_untrained", layer.differ_untrained}});
    report.record("loss", found.loss);
    report.record("exact_loss", found.exact_loss.value());
    report.record("heads", heads);
    report.record("layers", layers);
  }

  static void answers(Report& report, const Analysis& analysis) {
    const auto roles = count_roles(analysis);
    std::vector<std::string> counted;
    for (const auto& [role, count] : roles)
      counted.push_back(fmt::format("{} \"{}\"", count, role));
    const auto& previous = most_previous(analysis);
    const double mass = previous.trained.mean("previous"),
                 before = previous.untrained.mean("previous");
    report.answer("What patterns are there?",
                  fmt::format("Of {} heads: {}. A \"mixed\" head follows no rule well enough.",
                              analysis.heads.size(), fmt::join(counted, ", ")));
    report.answer(
        "Does a head look at the previous word?",
        fmt::format("{} gives it most, {:.1f} % of its weight on average, before training {:.1f} "
                    "%: {}.",
                    to_string(previous.head), 100 * mass, 100 * before,
                    mass >= role_mass && mass >= before + role_gain
                        ? "it has become a previous-token head"
                        : "no head of this model specialises in that"));
    const auto& first = analysis.layers.front();
    report.answer(
        "Do different heads specialise?",
        fmt::format("They have {} different roles. In layer {} two heads are {:.3f} apart on "
                    "average (the Jensen-Shannon distance of their weights), before training "
                    "{:.3f}.",
                    roles.size(), first.layer_id.layer, first.differ, first.differ_untrained));
  }
};

const Registration<Study, VisualizerStudy> visualizer_registration{
    "visualizer", "the mini-project: what the heads of a trained language model do"};

}  // namespace
}  // namespace heed
