#include "src/attend/run_analysis.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "models/sequence_model.h"
#include "src/analysis/analysis_json.h"
#include "src/analysis/figures.h"
#include "src/analysis/report_numbers.h"
#include "src/analysis/training_analysis.h"
#include "src/attend/recording.h"
#include "src/attend/recording_figures.h"
#include "src/attend/run_page.h"
#include "src/figures/gnuplot.h"
#include "train/files/file.h"
#include "train/files/safetensors.h"

namespace heed {
namespace {

namespace fs = std::filesystem;

constexpr int64_t page_sentences = 4;
constexpr size_t most_frames = 60;

// The first sentence at each step that kept its maps, or at some of many.
void add_training(const Run& run, const AttentionArrays& sentence, RunPage& page) {
  const auto folder = training_folder(run.directory);
  auto steps = steps_with_maps(folder);
  while (steps.size() > most_frames) {  // every second one, and always the last
    std::vector<int64_t> fewer;
    for (size_t i = (steps.size() - 1) % 2; i < steps.size(); i += 2) fewer.push_back(steps[i]);
    steps = std::move(fewer);
  }
  std::vector<AttentionArrays> frames;
  std::vector<std::string> names;
  for (const int64_t step : steps) {
    auto frame = sentence;
    const auto maps = read_safetensors(maps_file(folder, step)).tensors;
    for (auto& [kind, map] : frame.maps) {
      const auto found = maps.find(to_string(kind));
      if (found == maps.end() || found->second.numel() != map.numel()) return;  // of other sizes
      map = found->second.to(at::kFloat).view(map.sizes());
    }
    frames.push_back(std::move(frame));
    names.push_back(fmt::format("step {}", step));
  }
  if (!frames.empty()) page.add(frames, names, "during training");
}

void write_page(const Run& run, const Analysis& analysis, const nlohmann::ordered_json& json,
                const AttentionArrays& first, const fs::path& path) {
  RunPage page(run, "heed analyze " + run.directory.path().string());
  page.show(json);
  for (int64_t row = 0; row < std::min(page_sentences, analysis.sentences); ++row)
    page.add(row == 0 ? first : record_row(run, analysis.split, row),
             fmt::format("sentence {}", row + 1));
  // During training it is the first sentence of the validation split that is recorded.
  const bool same = analysis.split == Split::validation;
  add_training(run, same ? first : record_row(run, Split::validation, 0), page);
  page.write(path);
}

std::vector<fs::path> draw(const Run& run, const Analysis& analysis, const AttentionArrays& first,
                           const fs::path& folder) {
  if (!Gnuplot::available()) {
    spdlog::warn("{}", missing_gnuplot_hint());
    return {};
  }
  make_folder(folder);
  auto drawn = draw_analysis(analysis, folder);
  for (const auto& stem : draw_rollout(first, analysis.name, folder)) drawn.push_back(stem);
  if (draw_emergence(training_folder(run.directory), run.directory.metrics(), analysis.name,
                     folder / "emergence"))
    drawn.push_back(folder / "emergence");
  for (auto& stem : drawn) stem += ".png";
  return drawn;
}

}  // namespace

Analysis analyze_run(const Run& run, const AnalysisRequest& request) {
  const auto untrained = build_model(run.config);
  untrained->to(run.model->tensor_options().device());
  return analyze({.name = run.config.name,
                  .task_kind = run.config.task_kind,
                  .model_kind = run.config.model_kind,
                  .step = run.step,
                  .origin = run.directory.path().string(),
                  .task = *run.config.task,
                  .trained = *run.model,
                  .untrained = *untrained},
                 request);
}

std::vector<fs::path> write_analysis(const Run& run, const Analysis& analysis,
                                     const fs::path& folder) {
  make_folder(folder);
  const auto json = to_json(analysis);
  std::vector<fs::path> files = {folder / "heads.csv", folder / "analysis.json",
                                 folder / "attention.html"};
  write_file(files[0], heads_csv(analysis));
  write_file(files[1], json.dump(1) + "\n");
  const auto first = record_row(run, analysis.split, 0);
  write_page(run, analysis, json, first, files[2]);
  const auto figures = draw(run, analysis, first, folder / "figures");
  files.insert(files.end(), figures.begin(), figures.end());
  return files;
}

}  // namespace heed
