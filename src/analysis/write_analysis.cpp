#include "src/analysis/write_analysis.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "src/analysis/analysis_json.h"
#include "src/analysis/figures.h"
#include "src/analysis/report_numbers.h"
#include "src/analysis/rollout.h"
#include "src/analysis/training_analysis.h"
#include "src/attention_figure.h"
#include "src/gnuplot.h"
#include "src/recording.h"
#include "src/run_page.h"
#include "train/file.h"
#include "train/safetensors.h"

namespace heed {
namespace {

namespace fs = std::filesystem;

constexpr int64_t page_sentences = 4;
constexpr size_t most_frames = 60;

// The first sentence at each step at which its maps were kept, or at some of many.
void add_training(const Run& run, const AttentionArrays& sentence, RunPage& page) {
  const auto folder = training_folder(run.directory);
  auto steps = steps_with_maps(folder);
  while (steps.size() > most_frames) {  // every second one, the last one in any case
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
  if (!frames.empty()) page.add(frames, names, "while training");
}

void write_page(const Run& run, const Analysis& analysis, const nlohmann::ordered_json& json,
                const fs::path& path) {
  RunPage page(run, "heed analyze " + run.directory.path().string());
  page.show(json);
  for (int64_t row = 0; row < std::min(page_sentences, analysis.sentences); ++row)
    page.add(record_row(run, analysis.split, row), fmt::format("sentence {}", row + 1));
  add_training(run, record_row(run, Split::validation, 0), page);
  page.write(path);
}

// How much of each position of the first sentence each layer's positions are made of.
void draw_rollout(const AttentionArrays& sentence, AttentionKind kind, const std::string& name,
                  const fs::path& stem) {
  const auto& maps = sentence.maps.at(kind);  // [L, 1, H, T, T]
  const auto& tokens = kind == AttentionKind::encoder ? sentence.source_tokens : sentence.tokens;
  AttentionFigure figure{.query_tokens = tokens,
                         .key_tokens = tokens,
                         .heads = {},
                         .title = name + ": attention rollout",
                         .query_caption = "position of the layer's output",
                         .key_caption = "position of the input",
                         .scale_caption = "share"};
  const auto layers = rollout(maps.unbind(0));
  for (size_t layer = 0; layer < layers.size(); ++layer) {
    const auto map = layers[layer][0].to(at::kFloat).contiguous();
    const auto* first = map.const_data_ptr<float>();
    figure.heads.push_back(
        {.title = fmt::format("after layer {}", layer), .weights = {first, first + map.numel()}});
  }
  write_attention_figure(figure, stem);
}

std::vector<fs::path> draw(const Run& run, const Analysis& analysis, const fs::path& folder) {
  if (!Gnuplot::available()) {
    spdlog::warn("{}", missing_gnuplot_hint());
    return {};
  }
  make_folder(folder);
  auto drawn = draw_analysis(analysis, folder);
  const auto sentence = record_row(run, analysis.split, 0);
  for (const auto& [kind, maps] : sentence.maps) {
    if (kind == AttentionKind::cross) continue;
    drawn.push_back(folder /
                    (kind == AttentionKind::self ? "rollout" : "rollout_" + to_string(kind)));
    draw_rollout(sentence, kind, analysis.name, drawn.back());
  }
  if (draw_formation(training_folder(run.directory), run.directory.metrics(), analysis.name,
                     folder / "formation"))
    drawn.push_back(folder / "formation");
  for (auto& stem : drawn) stem += ".png";
  return drawn;
}

}  // namespace

std::vector<fs::path> write_analysis(const Run& run, const Analysis& analysis,
                                     const fs::path& folder) {
  make_folder(folder);
  const auto json = to_json(analysis);
  std::vector<fs::path> files = {folder / "heads.csv", folder / "analysis.json",
                                 folder / "attention.html"};
  write_file(files[0], heads_csv(analysis));
  write_file(files[1], json.dump(1) + "\n");
  write_page(run, analysis, json, files[2]);
  const auto figures = draw(run, analysis, folder / "figures");
  files.insert(files.end(), figures.begin(), figures.end());
  return files;
}

}  // namespace heed
