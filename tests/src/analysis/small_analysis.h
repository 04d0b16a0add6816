#pragma once

#include <vector>

#include "src/analysis/analysis.h"

namespace heed {

/// A hand-made analysis of two layers of two heads: L0 H1 looks one token back, L1 H0 does
/// induction and needs it; with layer 0 at its means nothing of that is left.
inline Analysis small_analysis() {
  Analysis analysis{.name = "small",
                    .task_kind = "induction",
                    .model_kind = "transformer",
                    .step = 100,
                    .sentences = 50,
                    .loss = {.mean = 0.1, .error = 0.01, .sentences = 50},
                    .loss_on_links = {.mean = 0.1, .error = 0.01, .sentences = 50},
                    .measure = "accuracy",
                    .accuracy = 0.98};
  LinkKindScores links;
  links.kind.name = "successor";
  links.kind.from = "a token read again";
  links.kind.to = "what followed it before";
  links.kind.heuristic = "the nearest word";
  links.links = 200;
  links.offset = 7;
  links.offset_hit_rate = 0.25;
  links.heuristic_hit_rate = 0.3;
  for (int64_t layer = 0; layer < 2; ++layer) {
    const LayerId layer_id{.kind = AttentionKind::self, .layer = layer};
    LayerReport layer_report{.layer_id = layer_id, .differ = 0.6, .differ_untrained = 0.05};
    layer_report.cost = {.all = {.mean = 2.5, .error = 0.1, .sentences = 50},
                         .loss_on_links = {.mean = 2.6, .error = 0.1, .sentences = 50},
                         .measure = 0.11};
    for (int64_t number = 0; number < 2; ++number) {
      HeadReport head{.head = {.layer_id = layer_id, .head = number}};
      const bool back = layer == 0 && number == 1, induces = layer == 1 && number == 0;
      head.trained.measures = {{"previous", {back ? 0.95 : 0.05, 0.01, 50}},
                               {"induction", {induces ? 0.81 : 0.02, 0.02, 50}},
                               {"distance", {back ? 1.0 : 7.5, 0.1, 50}},
                               {"entropy", {0.5, 0.1, 50}}};
      head.untrained.measures = {{"previous", {0.04, 0.01, 50}},
                                 {"distance", {15.2, 0.1, 50}},
                                 {"induction", {0.03, 0.01, 50}}};
      head.links = {{.name = "successor", .hit_rate = induces ? 0.9 : 0.1, .mass = 0.5}};
      head.links_untrained = {{.name = "successor", .hit_rate = 0.05, .mass = 0.04}};
      head.role = head_role(collect_numbers(head.trained, head.links),
                            collect_numbers(head.untrained, head.links_untrained));
      const double cost = back ? 2.0 : induces ? 1.5 : 0.001;
      head.importance.mean = {.all = {.mean = cost, .error = 0.1, .sentences = 50},
                              .loss_on_links = {.mean = cost, .error = 0.1, .sentences = 50},
                              .measure = 0.98 - cost / 4};
      head.importance.zero = head.importance.mean;
      head.importance.gradient = {.mean = cost / 10, .error = 0.01, .sentences = 50};
      analysis.survey.heads[head.head] = head.trained;
      analysis.heads.push_back(std::move(head));
    }
    for (const int64_t other : {0, 1})
      for (const int64_t number : {0, 1})
        layer_report.without.heads[{{AttentionKind::self, other}, number}].measures["induction"] = {
            .mean = 0.02};
    links.heads[layer_id] = {};
    analysis.layers.push_back(std::move(layer_report));
  }
  analysis.survey.links = {links};
  return analysis;
}

}  // namespace heed
