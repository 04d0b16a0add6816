#include "src/pages/run_page.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "src/analysis/head_id.h"
#include "train/files/file.h"

namespace heed {
namespace {

using json = nlohmann::ordered_json;

std::filesystem::path analysis_file(const Run& run) {
  return run.directory.analysis() / "analysis.json";
}

// An analysis of other weights says nothing of these.
json read_analysis(const Run& run) {
  const auto path = analysis_file(run);
  if (!std::filesystem::exists(path)) return {};
  auto analysis = json::parse(read_file(path));
  if (analysis.at("step") == run.step) return analysis;
  spdlog::warn("{} is of step {}, and the run is at step {}: left out of the page", path.string(),
               analysis.at("step").dump(), run.step);
  return {};
}

// What a head's ablation costs, and how the gradient ranks it.
std::vector<PageMeasure> importance_measures(const json& analysis) {
  const std::string michel = "Michel et al. 2019, 1905.10650";
  std::vector<PageMeasure> measures = {
      {"zero_rise", "rise in loss, set to zero", "loss with the head's output 0, minus loss",
       michel},
      {"mean_rise", "rise in loss, set to mean",
       "loss with the head's output at its mean over the sentences, minus loss", ""},
      {"mean_loss_on_links", "the same where links decide",
       "the same over the answers that true links decide", ""}};
  if (const auto measure = analysis.value("measure", std::string()); !measure.empty())
    measures.push_back({"mean_measure", measure + " without it",
                        measure + " with the head's output at its mean", ""});
  measures.push_back({"gradient", "gradient importance",
                      "mean over sentences of |dL/dg|, g a factor on the head's output", michel});
  return measures;
}

}  // namespace

std::vector<PageMeasure> page_measures(const json& analysis) {
  std::vector<PageMeasure> measures;
  for (const auto& [key, value] : analysis.at("measures").items())
    measures.push_back({key, value.at("title"), value.at("formula"), value.at("source")});
  measures.push_back({"offset_mass", "best fixed offset", "largest over d of the mean of A[q, q-d]",
                      "after Voita et al. 2019"});
  for (const auto& link : analysis.at("links")) {
    const std::string name = link.at("name");
    measures.push_back(
        {"hit_" + name, "hits on " + name,
         fmt::format("share of links from {} to {} that the largest weight hits",
                     link.at("from").get<std::string>(), link.at("to").get<std::string>()),
         ""});
  }
  for (auto& one : importance_measures(analysis)) measures.push_back(std::move(one));
  return measures;
}

std::vector<PageHead> page_heads(const json& analysis, const std::vector<PageMeasure>& measures) {
  std::vector<PageHead> heads;
  for (const auto& one : analysis.at("heads")) {
    PageHead head{.kind = kind_named(one.at("kind")),
                  .layer = one.at("layer"),
                  .head = one.at("head"),
                  .role = one.at("role"),
                  .evidence = {}};
    const auto& evidence = one.at("evidence");
    if (evidence.at("value").is_number())
      head.evidence = fmt::format("{} {:.2f}", evidence.at("measure").get<std::string>(),
                                  evidence.at("value").get<double>());
    if (evidence.at("untrained").is_number())
      head.evidence += fmt::format(", untrained {:.2f}", evidence.at("untrained").get<double>());
    const auto& numbers = one.at("numbers");
    for (const auto& measure : measures) {
      const auto take = [&](const std::string& key, std::map<std::string, double>& values) {
        if (numbers.contains(key) && numbers.at(key).is_number())
          values[measure.key] = numbers.at(key);
      };
      take(measure.key, head.values);
      take(measure.key + "_untrained", head.untrained);
    }
    heads.push_back(std::move(head));
  }
  return heads;
}

RunPage::RunPage(const Run& run, const std::string& origin)
    : page_(run.config.name,
            fmt::format("{}, {} weights of step {}", origin, run.checkpoint, run.step)) {}

void RunPage::show_analysis(const Run& run) {
  try {
    if (const auto analysis = read_analysis(run); !analysis.is_null()) show(analysis);
  } catch (const json::exception& error) {
    spdlog::warn("{} is no analysis and left out of the page: {}", analysis_file(run).string(),
                 error.what());
  }
}

void RunPage::show(const json& analysis) {
  const auto measures = page_measures(analysis);
  const auto heads = page_heads(analysis, measures);
  page_.set_measures(measures);
  page_.set_heads(heads);
}

size_t RunPage::find_or_add_kind(const TokenLinks& links) {
  const auto found = std::find_if(link_kinds_.begin(), link_kinds_.end(),
                                  [&](const auto& one) { return one.name == links.name; });
  if (found != link_kinds_.end()) return static_cast<size_t>(found - link_kinds_.begin());
  link_kinds_.push_back(
      {.name = links.name, .from = links.from, .to = links.to, .to_source = links.to_source});
  return link_kinds_.size() - 1;
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
                        .frames = names};
  for (const auto& [kind, maps] : first.maps) {
    PageMaps page_maps{.kind = kind, .layers = {}, .heads = {}, .frames = {}};
    for (int64_t i = 0; i < maps.size(0); ++i) page_maps.layers.push_back(first.layer(i));
    for (int64_t i = 0; i < maps.size(2); ++i) page_maps.heads.push_back(first.head(i));
    for (const auto& frame : frames) page_maps.frames.push_back(frame.maps.at(kind).select(1, 0));
    sequence.maps.push_back(std::move(page_maps));
  }
  for (const auto& kind : first.links) {
    const auto index = find_or_add_kind(kind);
    for (const auto& link : kind.links)
      sequence.links.push_back({.kind = index, .query = link.query, .keys = link.keys});
  }
  page_.add(sequence);
}

void RunPage::write(const std::filesystem::path& path) {
  page_.set_link_kinds(link_kinds_);
  page_.write(path);
}

}  // namespace heed
