#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "train/generation/prompt.h"

namespace heed {

class AttentionHook;

struct GenerationOptions {
  int64_t tokens = 200;    ///< per sample, at most
  double temperature = 1;  ///< 0: always the most probable token
  int64_t top_k = 0;       ///< only the k most probable tokens; 0: all
  double top_p = 1;        ///< only the likeliest tokens that reach this probability (1904.09751)
  uint64_t seed = 1;
  int64_t samples = 1;          ///< drawn at the same time, each from its own random stream
  int64_t eviction_stride = 1;  ///< SequenceState::set_eviction_stride
  int64_t end_token = -1;       ///< ends a sample; -1: there is none
};

/// Draws the next token from `logits` [V]; `uniform` in [0, 1) decides. Ties go to the smaller id.
int64_t draw_token(std::span<const float> logits, const GenerationOptions& options, double uniform);

/// Continues a prompt and passes each new token but the end token to `on_token`, which returns
/// false to end the sample early. The samples form one batch, which finished samples leave. Sample
/// i does not depend on the number of samples, except for rounding when sums change their order.
/// `hook` may be null; it sees whole batches, so use it with one sample. Throws
/// std::invalid_argument for a prompt without tokens.
void generate(SequenceModel& model, const Prompt& prompt, const GenerationOptions& options,
              const std::function<bool(int64_t sample, int64_t token)>& on_token,
              AttentionHook* hook = nullptr);

}  // namespace heed
