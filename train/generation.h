#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "models/sequence_model.h"

namespace heed {

struct GenerationOptions {
  int64_t tokens = 200;
  double temperature = 1;  ///< 0: always the most probable token
  int64_t top_k = 0;       ///< only the k most probable tokens; 0: all
  double top_p =
      1;  ///< only the most probable tokens that together reach this probability (1904.09751)
  uint64_t seed = 1;
};

/// The next token drawn from `logits` [V]; `uniform` in [0, 1) decides. Ties go to the smaller id.
int64_t draw_token(const std::vector<float>& logits, const GenerationOptions& options,
                   double uniform);

/// Continues `prompt` (at least one token) and hands over each new token as it is drawn; the
/// callback ends the generation early by returning false. Throws std::invalid_argument for an empty
/// prompt.
void generate(SequenceModel& model, const std::vector<int64_t>& prompt,
              const GenerationOptions& options, const std::function<bool(int64_t token)>& on_token);

}  // namespace heed
