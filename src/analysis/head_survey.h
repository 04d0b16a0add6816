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

/// How alike the heads of one kind of attention are.
struct HeadSimilarity {
  std::vector<HeadId> heads = {};
  at::Tensor distances = {};                ///< [N, N] Jensen-Shannon distances (head_distances.h)
  std::vector<int64_t> order = {};          ///< in which heads that are alike stand together
  std::map<int64_t, double> by_layer = {};  ///< mean distance between a layer's heads
  int64_t sentences = 0;                    ///< that they were measured on
};

/// Where the heads of a model look.
struct HeadSurvey {
  struct Head {
    std::map<std::string, Statistic> measures = {};  ///< by HeadMeasure::name
    /// Of self-attention; else its mass is NaN.
    OffsetScores::Best offset = {.mass = std::numeric_limits<double>::quiet_NaN()};

    /// What a measure found; NaN and no sentence where the head has none of it.
    Statistic statistic(const std::string& measure) const;
    double mean(const std::string& measure) const { return statistic(measure).mean; }
  };
  std::map<HeadId, Head> heads = {};
  std::vector<LinkKindScores> links = {};
  std::map<AttentionKind, HeadSimilarity> similarity = {};  ///< empty where it was not asked for

  /// The mean of a measure; NaN where the head has none of it.
  double mean(const HeadId& head, const std::string& measure) const;
};

struct SurveyOptions {
  bool similarity = true;  ///< also compare the heads with one another
};

/// Runs a model over sentences, in evaluation mode, and measures all its maps; `ablation`, if
/// given, takes heads out of it meanwhile.
HeadSurvey survey_heads(SequenceModel& model, const SentenceSample& sentences,
                        const SurveyOptions& options = {},
                        std::optional<HeadAblation> ablation = std::nullopt);

}  // namespace heed
