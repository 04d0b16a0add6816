#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "train/generation/prompt.h"

namespace heed {

class AttentionHook;

struct GenerationOptions {
  int64_t tokens = 200;    ///< of each sample, at most
  double temperature = 1;  ///< 0: always the most probable token
  int64_t top_k = 0;       ///< only the k most probable tokens; 0: all
  double top_p =
      1;  ///< only the most probable tokens that together reach this probability (1904.09751)
  uint64_t seed = 1;
  int64_t samples = 1;          ///< side by side, each with a stream of draws of its own
  int64_t eviction_stride = 1;  ///< SequenceState::set_eviction_stride
  int64_t end_token = -1;       ///< a sample that draws it has ended; -1: there is none
};

/// The next token drawn from `logits` [V]; `uniform` in [0, 1) decides. Ties go to the smaller id.
int64_t draw_token(std::span<const float> logits, const GenerationOptions& options, double uniform);

/// Goes on from a prompt and hands over each new token as it is drawn, but for the end token;
/// a sample ends early where the callback returns false for it. The samples are one batch, which
/// the ended ones leave. Sample i is the same however many there are, as far as sums in another
/// order round alike. `hook` may be null; it keeps the batch, so it goes with one sample.
/// Throws std::invalid_argument for a prompt without tokens.
void generate(SequenceModel& model, const Prompt& prompt, const GenerationOptions& options,
              const std::function<bool(int64_t sample, int64_t token)>& on_token,
              AttentionHook* hook = nullptr);

}  // namespace heed
