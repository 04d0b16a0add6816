#pragma once

#include <cstdint>
#include <vector>

#include "train/generation/prompt.h"

namespace heed {

struct BeamSearchOptions {
  int64_t width = 4;     ///< hypotheses that are followed at a time
  int64_t tokens = 200;  ///< per hypothesis at most, including the end token
  /// alpha in 1609.08144, equation 14. 0: the most probable hypothesis is the best; larger values
  /// favour longer ones (1706.03762 uses 0.6).
  double length_penalty = 0;
  int64_t end_token = -1;  ///< required
};

struct Hypothesis {
  std::vector<int64_t> tokens = {};  ///< without the prompt and the end token
  double log_probability = 0;        ///< in nats, including the end token's
  double score = 0;                  ///< log_probability / penalty
  bool ended = false;                ///< false: cut off by BeamSearchOptions::tokens
};

/// ((5 + length) / 6)^alpha (1609.08144, equation 14).
double length_penalty(int64_t length, double alpha);

/// The best `width` hypotheses that continue a prompt, the highest score first; fewer if there are
/// no more. Each step keeps the `width` most probable unfinished hypotheses, and sets aside the
/// finished ones that are more probable than the last of these. The search ends when no unfinished
/// hypothesis can still become one of the best. A width of 1 without length penalty is greedy
/// decoding. Throws std::invalid_argument for invalid options or a prompt without tokens, and
/// std::runtime_error if the model's outputs are not numbers.
std::vector<Hypothesis> beam_search(SequenceModel& model, const Prompt& prompt,
                                    const BeamSearchOptions& options);

}  // namespace heed
