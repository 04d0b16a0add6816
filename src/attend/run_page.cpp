#include "src/attend/run_page.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "src/analysis/analysis_json.h"
#include "train/files/file.h"

namespace heed {
namespace {

using json = nlohmann::ordered_json;

std::filesystem::path analysis_file(const Run& run) {
  return run.directory.analysis() / "analysis.json";
}

// An analysis of other weights does not apply.
json read_analysis(const Run& run) {
  const auto path = analysis_file(run);
  if (!std::filesystem::exists(path)) return {};
  auto analysis = json::parse(read_file(path));
  if (analysis.at("step") == run.step) return analysis;
  spdlog::warn("{} is of step {}, but the run is at step {}: left out of the page", path.string(),
               analysis.at("step").dump(), run.step);
  return {};
}

}  // namespace

RunPage::RunPage(const Run& run, const std::string& origin)
    : page_(run.config.name,
            fmt::format("{}, {} weights of step {}", origin, run.checkpoint, run.step)) {}

void RunPage::show_analysis(const Run& run) {
  try {
    if (const auto analysis = read_analysis(run); !analysis.is_null()) show(analysis);
  } catch (const json::exception& error) {
    spdlog::warn("{} holds no analysis and is left out of the page: {}",
                 analysis_file(run).string(), error.what());
  }
}

void RunPage::show(const json& analysis) {
  const auto measures = page_measures(analysis);
  const auto heads = page_heads(analysis, measures);
  page_.set_measures(measures);
  page_.set_heads(heads);
}

void RunPage::add(const AttentionArrays& arrays, const std::string& title) {
  add(std::vector{arrays}, {}, title);
}

void RunPage::add(const std::vector<AttentionArrays>& frames, const std::vector<std::string>& names,
                  const std::string& title) {
  const auto& first = frames.front();
  PageSequence sequence{.title = title,
                        .tokens = first.tokens,
                        .source_tokens = first.source_tokens,
                        .written = first.written,
                        .second = first.second.value_or(0),
                        .prompt = first.prompt.value_or(0),
                        .frames = names,
                        .links = first.links};
  for (const auto& [kind, maps] : first.maps) {
    PageMaps page_maps{.kind = kind, .layers = {}, .heads = {}, .frames = {}};
    for (int64_t i = 0; i < maps.size(0); ++i) page_maps.layers.push_back(first.layer(i));
    for (int64_t i = 0; i < maps.size(2); ++i) page_maps.heads.push_back(first.head(i));
    for (const auto& frame : frames) page_maps.frames.push_back(frame.maps.at(kind).select(1, 0));
    sequence.maps.push_back(std::move(page_maps));
  }
  page_.add(sequence);
}

}  // namespace heed
