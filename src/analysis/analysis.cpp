#include "src/analysis/analysis.h"

#include <fmt/format.h>

#include <algorithm>

#include "models/sequence_model.h"

namespace heed {
namespace {

MeanEstimate average(const std::vector<double>& values) {
  return loss_increase(std::vector<double>(values.size(), 0), values);
}

double differ(const HeadSurvey& survey, const LayerId& layer_id) {
  const auto found = survey.similarity.find(layer_id.kind);
  return found == survey.similarity.end() ? no_number : found->second.by_layer.at(layer_id.layer);
}

void check(const AnalyzedModel& model, const AnalysisRequest& request) {
  if (!model.trained.has_attention())
    throw std::runtime_error(fmt::format(
        "{}: a model of the kind {} has no attention heads to analyze; `heed compare` judges it",
        model.origin, model.model_kind));
  if (model.task.evaluation_rows(request.split) < 1)
    throw std::runtime_error(fmt::format(
        "{}: expected rows to analyze, but its task has none in that split", model.origin));
}

HeadReport make_report(const HeadId& head, const HeadSurvey& survey, const HeadSurvey& untrained) {
  HeadReport report{.head = head,
                    .trained = survey.heads.at(head),
                    .untrained = untrained.heads.at(head),
                    .links = collect_links(survey, head),
                    .links_untrained = collect_links(untrained, head)};
  report.role = head_role(collect_numbers(report.trained, report.links),
                          collect_numbers(report.untrained, report.links_untrained));
  return report;
}

}  // namespace

HeadNumbers collect_numbers(const HeadSurvey::Head& head, const std::vector<HeadLink>& links) {
  HeadNumbers numbers{
      .offset_mass = head.offset.mass, .offset = head.offset.offset, .links = links};
  for (const auto& [name, statistic] : head.measures) numbers.measures[name] = statistic.mean;
  return numbers;
}

std::vector<HeadLink> collect_links(const HeadSurvey& survey, const HeadId& head) {
  std::vector<HeadLink> links;
  for (const auto& kind : survey.links) {
    const auto found = kind.heads.find(head.layer_id);
    if (found == kind.heads.end()) continue;
    links.push_back({.name = kind.kind.name,
                     .hit_rate = found->second.hit_rate[head.head].item<double>(),
                     .mass = found->second.mass[head.head].item<double>(),
                     .offset_hit_rate = kind.offset_hit_rate,
                     .first_hit_rate = kind.first_hit_rate,
                     .heuristic_hit_rate = kind.heuristic_hit_rate});
  }
  return links;
}

std::vector<const HeadReport*> heads_by_cost(const Analysis& analysis) {
  std::vector<const HeadReport*> heads;
  for (const auto& head : analysis.heads) heads.push_back(&head);
  std::stable_sort(heads.begin(), heads.end(), [](const HeadReport* a, const HeadReport* b) {
    return a->importance.mean.all.mean > b->importance.mean.all.mean;
  });
  return heads;
}

Analysis analyze(const AnalyzedModel& model, const AnalysisRequest& request) {
  check(model, request);
  const auto sentences =
      draw_sentences(model.task, request.split, request.sentences, model.trained.tensor_options());
  Analysis analysis{.name = model.name,
                    .task_kind = model.task_kind,
                    .model_kind = model.model_kind,
                    .step = model.step,
                    .sentences = sentences.count,
                    .split = request.split,
                    .measure = model.task.main_measure(),
                    .survey = survey_heads(model.trained, sentences),
                    .untrained = survey_heads(model.untrained, sentences)};
  const HeadAblator ablator(model.trained, model.task, sentences);
  analysis.loss = average(ablator.intact().loss);
  analysis.loss_on_links = average(ablator.intact().loss_on_links);
  analysis.accuracy = ablator.intact_measure();
  const auto heads = ablator.heads();
  for (const auto& head : heads) {
    auto report = make_report(head, analysis.survey, analysis.untrained);
    report.importance = ablator.importance(head);
    analysis.heads.push_back(std::move(report));
    if (request.on_progress) request.on_progress(std::ssize(analysis.heads), std::ssize(heads));
    if (!analysis.layers.empty() && analysis.layers.back().layer_id == head.layer_id) continue;
    const auto ablation = ablator.layer_ablation(head.layer_id);
    analysis.layers.push_back(
        {.layer_id = head.layer_id,
         .differ = differ(analysis.survey, head.layer_id),
         .differ_untrained = differ(analysis.untrained, head.layer_id),
         .cost = ablator.cost(ablation),
         .without = survey_heads(model.trained, sentences, {.similarity = false}, ablation)});
  }
  return analysis;
}

}  // namespace heed
