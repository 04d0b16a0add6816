#include "src/analysis/figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "src/analysis/head_measure.h"
#include "src/figures/attention_figure.h"
#include "src/figures/strip_figure.h"

namespace heed {
namespace {

constexpr size_t most_columns = 24;  // of a strip figure

std::vector<std::string> list_names(const std::vector<const HeadReport*>& heads) {
  std::vector<std::string> names;
  for (const auto* head : heads) names.push_back(to_string(head->head));
  return names;
}

// A colour per layer.
std::vector<size_t> choose_colors(const std::vector<const HeadReport*>& heads) {
  std::vector<size_t> colors;
  for (const auto* head : heads) colors.push_back(static_cast<size_t>(head->head.layer_id.layer));
  return colors;
}

// What the figure shows of each head: shares from 0 to 1.
std::vector<std::pair<std::string, double>> list_shares(const HeadSurvey::Head& head,
                                                        const std::vector<HeadLink>& links) {
  std::vector<std::pair<std::string, double>> shares;
  for (const auto& measure : head_measures())
    if (measure.is_share && !measure.heading.empty())
      shares.emplace_back(measure.name, head.mean(measure.name));
  for (const auto& link : links) shares.emplace_back("link:" + link.name, link.hit_rate);
  return shares;
}

HeadMap heads_panel(const Analysis& analysis, const std::vector<std::string>& columns,
                    bool trained) {
  HeadMap panel{.title = trained ? "trained" : "untrained", .weights = {}};
  for (const auto& head : analysis.heads) {
    const auto shares = trained ? list_shares(head.trained, head.links)
                                : list_shares(head.untrained, head.links_untrained);
    for (const auto& column : columns) {
      const auto found = std::find_if(shares.begin(), shares.end(),
                                      [&column](const auto& one) { return one.first == column; });
      panel.weights.push_back(
          static_cast<float>(found == shares.end() ? no_number : found->second));
    }
  }
  return panel;
}

void draw_heads(const Analysis& analysis, const std::filesystem::path& stem) {
  std::vector<std::string> columns, rows;
  for (const auto& head : analysis.heads) {
    const auto& role = head.role.role;
    const bool link = role.starts_with("link:");
    rows.push_back(to_string(head.head) + "  " + (link ? role.substr(5) : role));
    for (const auto& [name, share] : list_shares(head.trained, head.links))
      if (!std::isnan(share) && std::find(columns.begin(), columns.end(), name) == columns.end())
        columns.push_back(name);
  }
  write_attention_figure(
      {.query_tokens = rows,
       .key_tokens = columns,
       .heads = {heads_panel(analysis, columns, true), heads_panel(analysis, columns, false)},
       .title = analysis.name + ": what each head does",
       .query_caption = "head",
       .key_caption = "measure",
       .scale_caption = "share"},
      stem);
}

StripColumn make_column(const MeanEstimate& estimate) {
  return {.points = {estimate.mean},
          .interval = StripInterval{.low = estimate.mean - estimate.error,
                                    .center = estimate.mean,
                                    .high = estimate.mean + estimate.error}};
}

void draw_importance(const Analysis& analysis, const std::filesystem::path& stem) {
  auto heads = heads_by_cost(analysis);
  if (heads.size() > most_columns) heads.resize(most_columns);
  StripFigure figure{.title = analysis.name + ": loss increase when a head is ablated",
                     .categories = list_names(heads),
                     .panels = {},
                     .colors = choose_colors(heads)};
  for (const bool zero : {false, true}) {
    StripPanel panel{.title = zero ? "output set to zero" : "output set to its mean",
                     .y_label = "loss increase",
                     .references = {{.label = "", .y = 0}}};
    for (const auto* head : heads)
      panel.columns.push_back(
          make_column(zero ? head->importance.zero.all : head->importance.mean.all));
    figure.panels.push_back(std::move(panel));
  }
  write_strip_figure(figure, stem);
}

StripPanel link_panel(const LinkKindScores& kind, const std::vector<const HeadReport*>& heads,
                      bool trained) {
  StripPanel panel{.title = trained ? "trained" : "untrained",
                   .y_label = "links hit",
                   .references = {{.label = offset_rule(kind.offset), .y = kind.offset_hit_rate}},
                   .y_range = Span{.low = 0, .high = 1}};
  if (!std::isnan(kind.heuristic_hit_rate))
    panel.references.push_back({.label = kind.kind.heuristic, .y = kind.heuristic_hit_rate});
  for (const auto* head : heads) {
    StripColumn column;
    for (const auto& link : trained ? head->links : head->links_untrained)
      if (link.name == kind.kind.name) column.points.push_back(link.hit_rate);
    panel.columns.push_back(std::move(column));
  }
  return panel;
}

void draw_links(const Analysis& analysis, const LinkKindScores& kind,
                const std::filesystem::path& stem) {
  std::vector<const HeadReport*> heads;
  for (const auto& head : analysis.heads)
    if (kind.heads.contains(head.head.layer_id) && heads.size() < most_columns)
      heads.push_back(&head);
  StripFigure figure{
      .title = fmt::format("{}: from {} to {}", analysis.name, kind.kind.from, kind.kind.to),
      .categories = list_names(heads),
      .panels = {},
      .colors = choose_colors(heads)};
  for (const bool trained : {true, false})
    figure.panels.push_back(link_panel(kind, heads, trained));
  write_strip_figure(figure, stem);
}

void draw_similarity(const Analysis& analysis, AttentionKind kind, const HeadSimilarity& similarity,
                     const std::filesystem::path& stem) {
  AttentionFigure figure{.query_tokens = {},
                         .key_tokens = {},
                         .heads = {{.title = "", .weights = {}}},
                         .title = fmt::format("{}: how much its {}-attention heads differ",
                                              analysis.name, to_string(kind)),
                         .query_caption = "head",
                         .key_caption = "head",
                         .scale_caption = "Jensen-Shannon distance"};
  for (const int64_t i : similarity.order) {
    figure.query_tokens.push_back(to_string(similarity.heads[static_cast<size_t>(i)]));
    for (const int64_t j : similarity.order)
      figure.heads.front().weights.push_back(
          static_cast<float>(similarity.distances[i][j].item<double>()));
  }
  figure.key_tokens = figure.query_tokens;
  write_attention_figure(figure, stem);
}

}  // namespace

std::vector<std::filesystem::path> draw_analysis(const Analysis& analysis,
                                                 const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> drawn;
  const auto stem = [&](const std::string& name) {
    drawn.push_back(folder / name);
    return drawn.back();
  };
  draw_heads(analysis, stem("heads"));
  draw_importance(analysis, stem("importance"));
  for (const auto& kind : analysis.survey.links)
    if (kind.links > 0 && !kind.heads.empty())
      draw_links(analysis, kind, stem("links_" + kind.kind.name));
  for (const auto& [kind, similarity] : analysis.survey.similarity)
    if (similarity.heads.size() > 1)
      draw_similarity(analysis, kind, similarity, stem("similarity_" + to_string(kind)));
  return drawn;
}

}  // namespace heed
