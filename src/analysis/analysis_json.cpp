#include "src/analysis/analysis_json.h"

#include <fmt/format.h>

#include "src/analysis/findings.h"
#include "src/analysis/head_measure.h"
#include "src/analysis/report_numbers.h"

namespace heed {
namespace {

using nlohmann::ordered_json;

ordered_json make_json(const HeadEvidence& evidence) {
  return {{"role", evidence.role},
          {"measure", evidence.measure},
          {"value", evidence.value},
          {"untrained", evidence.untrained}};
}

ordered_json make_json(const LayerId& layer_id) {
  return {{"kind", to_string(layer_id.kind)}, {"layer", layer_id.layer}};
}

ordered_json make_json(const HeadReport& report) {
  auto head = make_json(report.head.layer_id);
  head["head"] = report.head.head;
  head["role"] = report.role.role;
  head["evidence"] = make_json(report.role.evidence);
  head["also"] = ordered_json::array();
  for (const auto& one : report.role.also) head["also"].push_back(make_json(one));
  for (const auto& [name, value] : report_numbers(report)) head["numbers"][name] = value;
  return head;
}

ordered_json make_json(const LayerReport& report) {
  auto layer = make_json(report.layer_id);
  layer["differ"] = report.differ;
  layer["differ_untrained"] = report.differ_untrained;
  layer["mean_rise"] = report.cost.all.mean;
  layer["mean_rise_error"] = report.cost.all.error;
  layer["mean_loss_on_links"] = report.cost.loss_on_links.mean;
  layer["mean_measure"] = report.cost.measure.value_or(no_number);
  for (const auto& [head, survey] : report.without.heads) {
    auto& left = layer["heads_without_it"][to_string(head)];
    for (const auto& [name, statistic] : survey.measures) left[name] = statistic.mean;
  }
  return layer;
}

ordered_json make_json(const LinkKindScores& kind) {
  return {{"name", kind.kind.name},
          {"from", kind.kind.from},
          {"to", kind.kind.to},
          {"links", kind.links},
          {"offset", kind.offset},
          {"offset_hit_rate", kind.offset_hit_rate},
          {"first_hit_rate", kind.first_hit_rate},
          {"heuristic", kind.kind.heuristic},
          {"heuristic_hit_rate", kind.heuristic_hit_rate}};
}

ordered_json make_json(const HeadSimilarity& similarity) {
  ordered_json result = {{"sentences", similarity.sentences}, {"order", similarity.order}};
  result["heads"] = ordered_json::array();
  for (const auto& head : similarity.heads) result["heads"].push_back(to_string(head));
  result["distances"] = ordered_json::array();
  for (int64_t i = 0; i < similarity.distances.size(0); ++i) {
    const auto row = similarity.distances[i].contiguous();
    const auto* first = row.const_data_ptr<double>();
    result["distances"].push_back(std::vector<double>(first, first + row.numel()));
  }
  return result;
}

// The importance of a head by ablation and by gradient.
std::vector<PageMeasure> importance_measures(const ordered_json& analysis) {
  const std::string michel = "Michel et al. 2019, 1905.10650";
  std::vector<PageMeasure> measures = {
      {"zero_rise", "loss increase, set to zero", "loss with the head's output 0, minus loss",
       michel},
      {"mean_rise", "loss increase, set to mean",
       "loss with the head's output at its mean over the sentences, minus loss", ""},
      {"mean_loss_on_links", "loss increase on links",
       "the same over the answers that true links decide", ""}};
  if (const auto measure = analysis.value("measure", std::string()); !measure.empty())
    measures.push_back({"mean_measure", measure + " without it",
                        measure + " with the head's output at its mean", ""});
  measures.push_back({"gradient", "gradient importance",
                      "mean over sentences of |dL/dg|, g a factor on the head's output", michel});
  return measures;
}

}  // namespace

ordered_json to_json(const Analysis& analysis) {
  ordered_json result = {{"name", analysis.name},
                         {"task", analysis.task_kind},
                         {"model", analysis.model_kind},
                         {"step", analysis.step},
                         {"sentences", analysis.sentences},
                         {"loss", analysis.loss.mean},
                         {"loss_error", analysis.loss.error},
                         {"loss_on_links", analysis.loss_on_links.mean},
                         {"measure", analysis.measure},
                         {"measure_value", analysis.accuracy.value_or(no_number)}};
  result["findings"] = findings(analysis);
  for (const auto& measure : head_measures())
    result["measures"][measure.name] = {
        {"title", measure.title}, {"formula", measure.formula}, {"source", measure.source}};
  for (const auto& head : analysis.heads) result["heads"].push_back(make_json(head));
  for (const auto& layer : analysis.layers) result["layers"].push_back(make_json(layer));
  result["links"] = ordered_json::array();
  for (const auto& kind : analysis.survey.links) result["links"].push_back(make_json(kind));
  for (const auto& [kind, similarity] : analysis.survey.similarity)
    result["similarity"][to_string(kind)] = make_json(similarity);
  return result;
}

std::vector<PageMeasure> page_measures(const ordered_json& analysis) {
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

std::vector<PageHead> page_heads(const ordered_json& analysis,
                                 const std::vector<PageMeasure>& measures) {
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

}  // namespace heed
