#include "src/analysis/analysis.h"

#include <fmt/format.h>

#include <algorithm>

#include "models/sequence_model.h"

namespace heed {
namespace {

Rise mean_of(const std::vector<double>& values) {
  return rise(std::vector<double>(values.size(), 0), values);
}

double differ(const HeadSurvey& survey, const AttentionPlace& place) {
  const auto found = survey.similarity.find(place.kind);
  return found == survey.similarity.end() ? no_number : found->second.by_layer.at(place.layer);
}

void check(const Run& run, const AnalysisRequest& request) {
  const auto where = run.directory.path().string();
  if (!run.model->has_attention())
    throw std::runtime_error(fmt::format(
        "{}: a model of the kind {} has no attention heads to analyze; `heed compare` judges it",
        where, run.config.model_kind));
  if (run.config.task->evaluation_rows(request.split) < 1)
    throw std::runtime_error(
        fmt::format("{}: expected rows to analyze, but its task has none in that split", where));
}

HeadReport report_of(const HeadPlace& head, const HeadSurvey& survey, const HeadSurvey& untrained) {
  HeadReport report{.head = head,
                    .trained = survey.heads.at(head),
                    .untrained = untrained.heads.at(head),
                    .links = links_of(survey, head),
                    .links_untrained = links_of(untrained, head)};
  report.role = head_role(numbers_of(report.trained, report.links),
                          numbers_of(report.untrained, report.links_untrained));
  return report;
}

}  // namespace

HeadNumbers numbers_of(const HeadSurvey::Head& head, const std::vector<HeadLink>& links) {
  HeadNumbers numbers{
      .offset_mass = head.offset.mass, .offset = head.offset.offset, .links = links};
  for (const auto& [name, statistic] : head.measures) numbers.measures[name] = statistic.mean;
  return numbers;
}

std::vector<HeadLink> links_of(const HeadSurvey& survey, const HeadPlace& head) {
  std::vector<HeadLink> links;
  for (const auto& kind : survey.links) {
    const auto found = kind.heads.find(head.place);
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
    return a->worth.mean.all.mean > b->worth.mean.all.mean;
  });
  return heads;
}

Analysis analyze(const Run& run, const AnalysisRequest& request) {
  check(run, request);
  const auto& task = *run.config.task;
  const auto like = run.model->tensor_options();
  const auto sentences = draw_sentences(task, request.split, request.sentences, like);
  // Its own beginning: the seed's weights, before the first step.
  const auto fresh = build_model(run.config);
  fresh->to(like.device());
  Analysis analysis{.name = run.config.name,
                    .task_kind = run.config.task_kind,
                    .model_kind = run.config.model_kind,
                    .step = run.step,
                    .sentences = sentences.count,
                    .split = request.split,
                    .measure = task.main_measure(),
                    .survey = survey_heads(*run.model, sentences),
                    .untrained = survey_heads(*fresh, sentences)};
  const HeadRemover remover(*run.model, task, sentences);
  analysis.loss = mean_of(remover.intact().loss);
  analysis.loss_on_links = mean_of(remover.intact().loss_on_links);
  analysis.accuracy = remover.intact_measure();
  const auto heads = remover.heads();
  for (const auto& head : heads) {
    auto report = report_of(head, analysis.survey, analysis.untrained);
    report.worth = remover.worth(head);
    analysis.heads.push_back(std::move(report));
    if (request.on_progress) request.on_progress(std::ssize(analysis.heads), std::ssize(heads));
    if (!analysis.layers.empty() && analysis.layers.back().place == head.place) continue;
    const auto removal = remover.removal_of(head.place);
    analysis.layers.push_back(
        {.place = head.place,
         .differ = differ(analysis.survey, head.place),
         .differ_untrained = differ(analysis.untrained, head.place),
         .cost = remover.cost(removal),
         .without = survey_heads(*run.model, sentences, {.similarity = false}, removal)});
  }
  return analysis;
}

}  // namespace heed
