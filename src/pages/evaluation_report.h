#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "train/evaluation.h"

namespace heed {

/// tokens, nats_per_token, perplexity, bits_per_character (text only), bound and excess (where
/// known), and each measure as {"accuracy", "asked", "by_distance": {...}, ...}.
nlohmann::ordered_json to_json(const Evaluation& evaluation, std::optional<double> bound);

/// The same for a terminal: a few lines, and a line per breakdown.
std::string to_text(const Evaluation& evaluation, std::optional<double> bound);

/// The buckets of one breakdown in the order of their lower ends: 1, 2-3, 11+.
std::vector<std::string> list_buckets(const std::vector<const Evaluation*>& evaluations,
                                      const std::string& measure, const std::string& by);

}  // namespace heed
