#pragma once

#include <cstdint>
#include <vector>

#include "train/generation/prompt.h"

namespace heed {

struct BeamSearchOptions {
  int64_t width = 4;     ///< hypotheses that are followed side by side
  int64_t tokens = 200;  ///< drawn for each hypothesis, at most, the end token counted
  /// alpha of (1609.08144, equation 14). 0: the most probable hypothesis is the best; above, longer
  /// ones gain (1706.03762 takes 0.6).
  double length_penalty = 0;
  int64_t end_token = -1;  ///< must be given
};

struct Hypothesis {
  std::vector<int64_t> tokens = {};  ///< without the prompt and the end token
  double log_probability = 0;        ///< in nats, the end token's included
  double score = 0;                  ///< log_probability / penalty
  bool ended = false;                ///< false: cut off by BeamSearchOptions::tokens
};

/// ((5 + length) / 6)^alpha (1609.08144, equation 14).
double length_penalty(int64_t length, double alpha);

/// The best `width` hypotheses that go on from a prompt, by falling score; fewer where there are
/// no more. Each step keeps the `width` most probable ones that go on; those that end, and are more
/// probable than the last of these, are set aside. The search is over when no one that goes on can
/// still get among the best. A width of 1 is greedy decoding, as long as there is no length
/// penalty. Throws std::invalid_argument for options that cannot be, or a prompt without tokens,
/// std::runtime_error if the model's answers are no numbers.
std::vector<Hypothesis> beam_search(SequenceModel& model, const Prompt& prompt,
                                    const BeamSearchOptions& options);

}  // namespace heed
