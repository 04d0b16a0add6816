#pragma once

#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/attention/head_ablation.h"
#include "src/analysis/head_id.h"
#include "src/analysis/link_scores.h"
#include "src/analysis/offset_scores.h"
#include "src/analysis/sentence_sample.h"

namespace heed {

/// A number of one head, over sentences.
struct Statistic {
  double mean = 0;        ///< NaN without a sentence that has a value
  double spread = 0;      ///< standard deviation over sentences
  int64_t sentences = 0;  ///< that have a value
};

/// How similar the heads of one kind of attention are.
struct HeadSimilarity {
  std::vector<HeadId> heads = {};
  at::Tensor distances = {};                ///< [N, N] Jensen-Shannon distances (head_distances.h)
  std::vector<int64_t> order = {};          ///< with similar heads next to each other
  std::map<int64_t, double> by_layer = {};  ///< mean distance between a layer's heads
  int64_t sentences = 0;                    ///< that were compared
};

/// Where the heads of a model look.
struct HeadSurvey {
  struct Head {
    std::map<std::string, Statistic> measures = {};  ///< by HeadMeasure::name
    /// Of self-attention; else its mass is NaN.
    OffsetScores::Best offset = {.mass = std::numeric_limits<double>::quiet_NaN()};

    /// The value of a measure; NaN over no sentences where the head has none.
    Statistic statistic(const std::string& measure) const;
    double mean(const std::string& measure) const { return statistic(measure).mean; }
  };
  std::map<HeadId, Head> heads = {};
  std::vector<LinkKindScores> links = {};
  std::map<AttentionKind, HeadSimilarity> similarity = {};  ///< empty where it was not requested

  /// The mean of a measure; NaN where the head has none.
  double mean(const HeadId& head, const std::string& measure) const;
};

struct SurveyOptions {
  bool similarity = true;  ///< also compare the heads with each other
};

/// Runs a model on sentences, in evaluation mode, and measures all its maps; with `ablation`, under
/// that ablation.
HeadSurvey survey_heads(SequenceModel& model, const SentenceSample& sentences,
                        const SurveyOptions& options = {},
                        std::optional<HeadAblation> ablation = std::nullopt);

}  // namespace heed
