#include "models/attention/attention_options.h"

#include "models/attention/attention_mask.h"

namespace heed {

AttentionOptions::AttentionOptions() { choose_pattern("full"); }

void AttentionOptions::choose_pattern(const std::string& name) {
  pattern = PatternRegistry::instance().make(name);
  pattern_name_ = name;
}

void AttentionOptions::describe(OptionList& list) { pattern->describe(list); }

void AttentionOptions::check_length(int64_t length, bool causal) const {
  try {
    const auto mask = both_masks(pattern->mask(length, length, causal),
                                 causal ? causal_mask(length, length) : at::Tensor());
    const auto nowhere = mask.defined() ? mask.any(1).logical_not().nonzero() : at::Tensor();
    if (nowhere.defined() && nowhere.numel() > 0)
      throw OptionError("pattern",
                        "expected that every position may attend somewhere, but number " +
                            std::to_string(nowhere[0].item<int64_t>()) + " (from 0) of " +
                            std::to_string(length) + " may not");
  } catch (const OptionError&) {
    throw;
  } catch (const std::invalid_argument& error) {
    throw OptionError("pattern", error.what());
  }
}

}  // namespace heed
