#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include "models/sequence_model.h"
#include "src/console/console.h"
#include "src/figures/line_figure.h"
#include "src/studies/lengths.h"
#include "src/studies/study.h"
#include "src/studies/trained_run.h"

namespace heed {
namespace {

using nlohmann::ordered_json;

constexpr const char* bottleneck_experiment = R"(seed = 1
[task]
kind = "repeat"
symbols = 8
max_length = 60
evaluation_rows = 256
[model]
layers = 1
d_model = 64
[train]
lr = 6e-3
min_lr = 6e-5
beta2 = 0.98
weight_decay = 0.01
threads = 2
)";

struct TestedModel {
  std::string name, title;
  int64_t steps;
  std::vector<std::string> settings;
};

const std::vector<TestedModel> tested_models = {
    {"fixed",
     "GRU, fixed vector",
     800,
     {"model.kind=gru_encoder_decoder", "model.context=fixed", "train.batch=32"}},
    {"attention",
     "GRU, attention",
     900,
     {"model.kind=gru_encoder_decoder", "model.context=additive", "train.batch=16"}},
    {"transformer",
     "transformer",
     1500,
     {"model.kind=encoder_decoder", "model.heads=2", "train.batch=32", "train.lr=4e-3"}}};

/// How one of them does on rows that it was not trained on.
struct Found {
  std::vector<double> exact;   ///< share of rows without a mistake, by the length of the source
  std::vector<double> places;  ///< share of correct letters, by their place in the longest answers
  int64_t memory = 0;          ///< numbers kept between reading and writing the longest row
};

constexpr double reached_share = 0.5;  // of the rows, for a length that counts as reached

class BottleneckStudy : public Study {
 public:
  int place() const override { return 13; }

  std::string asked() const override {
    return "A sequence of letters is read and then written down again: by a GRU that keeps it in "
           "one fixed vector, by a GRU that attends to all states of its encoder, and by a "
           "transformer. What does the fixed vector lose and where, and what does looking back "
           "change?";
  }

  void run(Report& report) const override {
    const auto lengths = source_lengths();
    std::vector<Found> all;
    for (const auto& tested : tested_models) all.push_back(train_and_test(report, tested, lengths));
    show(report, lengths, all);
    record_numbers(report, lengths, all);
    answers(report, lengths, all);
  }

 private:
  static constexpr int64_t longest = 60;

  std::vector<int64_t> source_lengths() const {
    std::vector<int64_t> lengths;
    for (int64_t length = 5; length <= longest; length += quick() ? 55 : 5)
      lengths.push_back(length);
    return lengths;
  }

  Found train_and_test(Report& report, const TestedModel& tested,
                       const std::vector<int64_t>& lengths) const {
    const int64_t steps = quick() ? 30 : tested.steps;
    auto settings = tested.settings;
    for (const char* key : {"steps", "eval_every", "checkpoint_every"})
      settings.push_back(fmt::format("train.{}={}", key, steps));
    settings.push_back(fmt::format("train.warmup={}", steps / 10));
    auto run = trained_run(report.folder(), tested.name, bottleneck_experiment, settings);
    Found found{.exact = {}, .places = {}, .memory = run.model->state_size(longest)};
    for (const int64_t length : lengths) {
      change_task(run, {fmt::format("task.min_length={}", length),
                        fmt::format("task.max_length={}", length),
                        fmt::format("task.evaluation_rows={}", quick() ? 16 : 128)});
      const auto score = evaluate(*run.model, *run.config.task, Split::validation);
      found.exact.push_back(score.find("exact match")->accuracy());
    }
    found.places = right_by_place(run);
    return found;
  }

  // On the rows that the task makes now, without the end of the answer.
  static std::vector<double> right_by_place(const Run& run) {
    const at::NoGradGuard no_gradients;
    const auto& task = *run.config.task;
    const auto batch = task.batch(Split::validation, 0, task.evaluation_rows(Split::validation));
    const auto right = run.model->forward(batch.input).argmax(-1).eq(batch.targets);  // [B, T]
    const auto shares = right.to(at::kDouble).mean(0).narrow(0, 0, longest).contiguous();
    const auto* first = shares.const_data_ptr<double>();
    return {first, first + longest};
  }

  static void show(Report& report, const std::vector<int64_t>& lengths,
                   const std::vector<Found>& all) {
    std::vector<TableColumn> columns = {{"letters"}};
    for (const auto& tested : tested_models) columns.push_back({tested.title, Align::right});
    ConsoleTable table(columns, "Exact match: the share of rows written without a mistake");
    for (size_t i = 0; i < lengths.size(); ++i) {
      std::vector<std::string> cells = {fmt::to_string(lengths[i])};
      for (const auto& found : all) cells.push_back(fmt::format("{:.1f} %", 100 * found.exact[i]));
      table.add_row(cells);
    }
    report.table(table);
    LinePanel exact{
        .title = "rows without a mistake", .x_label = "letters in a row", .y_label = "share"},
        places{.title = fmt::format("letters, in rows of {}", longest),
               .x_label = "place in the answer",
               .y_label = "share right",
               .references = {{.label = "guessing", .y = 1.0 / 8}}};
    for (size_t i = 0; i < all.size(); ++i) {
      LineSeries rows{.name = tested_models[i].title}, letters{.name = tested_models[i].title};
      for (size_t k = 0; k < lengths.size(); ++k)
        rows.points.push_back({static_cast<double>(lengths[k]), all[i].exact[k]});
      for (size_t k = 0; k < all[i].places.size(); ++k)
        letters.points.push_back({static_cast<double>(k + 1), all[i].places[k]});
      exact.series.push_back(rows);
      places.series.push_back(letters);
    }
    report.figure(
        "bottleneck",
        "Left: rows written without a mistake. Right: the positions of the mistakes in the "
        "longest rows.",
        [&](const std::filesystem::path& stem) {
          write_line_figure({.title = "", .panels = {exact, places}}, stem);
        });
  }

  static void record_numbers(Report& report, const std::vector<int64_t>& lengths,
                             const std::vector<Found>& all) {
    auto models = ordered_json::object();
    for (size_t i = 0; i < all.size(); ++i)
      models[tested_models[i].name] = {{"exact_match", all[i].exact},
                                       {"reach", reach(lengths, all[i].exact, reached_share)},
                                       {"right_by_place", all[i].places},
                                       {"memory", all[i].memory}};
    report.record("lengths", lengths);
    report.record("models", models);
  }

  static std::string reach_in_words(int64_t letters) {
    return letters == 0 ? "not even the shortest rows"
                        : fmt::format("rows of up to {} letters", letters);
  }

  static void answers(Report& report, const std::vector<int64_t>& lengths,
                      const std::vector<Found>& all) {
    const auto &fixed = all[0], &attention = all[1], &transformer = all[2];
    const auto fixed_reach = reach(lengths, fixed.exact, reached_share);
    report.answer(
        "What does the fixed vector lose, and where?",
        fmt::format("It writes {} without a mistake at least every other time. However long the "
                    "row, between reading and writing it has {} numbers, its state and the fixed "
                    "vector. In rows of {} letters the first one written is right in {:.0f} %, the "
                    "last in {:.0f} %, where guessing gives 12.5 %{}.",
                    reach_in_words(fixed_reach), fixed.memory, longest, 100 * fixed.places.front(),
                    100 * fixed.places.back(),
                    fixed_reach < longest ? ": the rest did not fit" : ""));
    const auto further = [&](const Found& found) {
      return reach(lengths, found.exact, reached_share) > fixed_reach;
    };
    report.answer(
        "What does looking back change?",
        fmt::format("What is carried over grows with the row: {} numbers for {} letters in the GRU "
                    "that attends, {} in the transformer. At least every other time the one writes "
                    "{} without a mistake, the other {}{}.",
                    with_thousands(attention.memory), longest, with_thousands(transformer.memory),
                    reach_in_words(reach(lengths, attention.exact, reached_share)),
                    reach_in_words(reach(lengths, transformer.exact, reached_share)),
                    further(attention) && further(transformer)
                        ? ": what was read long ago can still be looked up when it is needed"
                        : ""));
  }
};

const Registration<Study, BottleneckStudy> bottleneck_registration{
    "bottleneck", "what a fixed vector loses of a long sequence"};

}  // namespace
}  // namespace heed
