#include "src/analysis/head_survey.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <limits>

#include "models/sequence_model.h"
#include "src/analysis/cluster_order.h"
#include "src/analysis/head_distances.h"
#include "src/analysis/head_measure.h"
#include "src/analysis/head_statistics.h"

namespace heed {
namespace {

// Comparing heads takes a logarithm per pair of heads and weight. Beyond this number, about 5 s,
// only some of the sentences are compared.
constexpr double most_logarithms = 1e9;

using Maps = std::map<LayerId, HeadMaps>;

class Surveyor {
 public:
  explicit Surveyor(const SurveyOptions& options) : options_(options) {}

  void add(const Maps& maps, const std::vector<GoldLinks>& links) {
    for (const auto& [layer_id, one] : maps) {
      for (const auto& measure : head_measures())
        if (measure.applies_to(one)) statistics_[layer_id][measure.name].add(measure.of(one));
      if (one.self) offsets_[layer_id].add(one);
    }
    links_.add(links, maps);
    if (options_.similarity) compare(maps);
  }

  HeadSurvey result() const {
    HeadSurvey survey;
    for (const auto& [layer_id, measures] : statistics_)
      for (const auto& [name, statistics] : measures) fill(survey, layer_id, name, statistics);
    for (const auto& [layer_id, scores] : offsets_) {
      const auto best = scores.best();
      for (size_t h = 0; h < best.size(); ++h)
        survey.heads[{.layer_id = layer_id, .head = static_cast<int64_t>(h)}].offset = best[h];
    }
    survey.links = links_.scores();
    for (const auto& [kind, distances] : distances_) survey.similarity[kind] = similarity(kind);
    return survey;
  }

 private:
  static void fill(HeadSurvey& survey, const LayerId& layer_id, const std::string& name,
                   const HeadStatistics& statistics) {
    const auto mean = statistics.mean(), spread = statistics.spread(), count = statistics.count();
    for (int64_t head = 0; head < mean.size(0); ++head)
      survey.heads[{.layer_id = layer_id, .head = head}].measures[name] = {
          .mean = mean[head].item<double>(),
          .spread = spread[head].item<double>(),
          .sentences = count[head].item<int64_t>()};
  }

  void compare(const Maps& maps) {
    std::map<AttentionKind, std::vector<HeadMaps>> by_kind;
    for (const auto& [layer_id, one] : maps) by_kind[layer_id.kind].push_back(one);
    for (auto& [kind, layers] : by_kind) {
      double heads = 0;
      for (const auto& layer : layers) heads += static_cast<double>(layer.weights.size(1));
      const auto& first = layers.front().weights;
      const double each =
          heads * (heads - 1) / 2 * static_cast<double>(first.size(2) * first.size(3));
      const auto left = std::max(0.0, most_logarithms - spent_[kind]);
      // At least one sentence.
      const int64_t rows = std::clamp<int64_t>(static_cast<int64_t>(left / std::max(1.0, each)),
                                               spent_[kind] == 0 ? 1 : 0, first.size(0));
      if (rows < 1) continue;
      for (auto& layer : layers) layer = first_rows(layer, rows);
      distances_[kind].add(layers);
      spent_[kind] += each * static_cast<double>(rows);
      compared_[kind] += rows;
    }
    for (const auto& [layer_id, one] : maps) heads_[layer_id] = one.weights.size(1);
  }

  static HeadMaps first_rows(HeadMaps maps, int64_t rows) {
    const auto cut = [rows](at::Tensor& t) {
      if (t.defined() && t.size(0) > rows) t = t.slice(0, 0, rows);
    };
    cut(maps.weights);
    cut(maps.allowed);
    cut(maps.query_lengths);
    cut(maps.key_lengths);
    cut(maps.tokens);
    return maps;
  }

  HeadSimilarity similarity(AttentionKind kind) const {
    HeadSimilarity result;
    std::vector<int64_t> layers;
    for (const auto& [layer_id, heads] : heads_) {
      if (layer_id.kind != kind) continue;
      layers.push_back(layer_id.layer);
      for (int64_t head = 0; head < heads; ++head)
        result.heads.push_back({.layer_id = layer_id, .head = head});
    }
    const auto& distances = distances_.at(kind);
    result.distances = distances.matrix();
    result.order = cluster_order(result.distances);
    const auto spread = layer_spread(result.distances, distances.heads());
    for (size_t i = 0; i < layers.size(); ++i) result.by_layer[layers[i]] = spread[i];
    result.sentences = compared_.at(kind);
    return result;
  }

  SurveyOptions options_;
  std::map<LayerId, std::map<std::string, HeadStatistics>> statistics_;
  std::map<LayerId, OffsetScores> offsets_;
  LinkScores links_;
  std::map<LayerId, int64_t> heads_;
  std::map<AttentionKind, HeadDistances> distances_;
  std::map<AttentionKind, double> spent_;      // logarithms
  std::map<AttentionKind, int64_t> compared_;  // sentences
};

}  // namespace

Statistic HeadSurvey::Head::statistic(const std::string& measure) const {
  constexpr auto none = std::numeric_limits<double>::quiet_NaN();
  const auto found = measures.find(measure);
  return found == measures.end() ? Statistic{.mean = none, .spread = none} : found->second;
}

double HeadSurvey::mean(const HeadId& head, const std::string& measure) const {
  const auto found = heads.find(head);
  return found == heads.end() ? Head().mean(measure) : found->second.mean(measure);
}

HeadSurvey survey_heads(SequenceModel& model, const SentenceSample& sentences,
                        const SurveyOptions& options, std::optional<HeadAblation> ablation) {
  const at::NoGradGuard no_gradients;
  const EvaluationMode mode(model);
  AttentionRecorder recorder;
  if (ablation) ablation->record_into(&recorder);
  Surveyor surveyor(options);
  for (size_t i = 0; i < sentences.batches.size(); ++i) {
    const auto& batch = sentences.batches[i];
    recorder.clear();
    model.forward(batch.input, ablation ? static_cast<AttentionHook*>(&*ablation) : &recorder);
    surveyor.add(head_maps(recorder, batch.input), sentences.gold_links[i]);
  }
  return surveyor.result();
}

}  // namespace heed
