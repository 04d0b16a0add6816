#pragma once

#include <memory>
#include <string>

#include "models/attention/attention_pattern.h"
#include "models/options.h"

namespace heed {

/// Section [attention] of a config: how a model's self-attention is computed. The pattern's kind is
/// chosen first, by the key `pattern`; its own options follow.
class AttentionOptions : public Configurable {
 public:
  AttentionOptions();

  /// Throws std::invalid_argument for a name that no pattern has.
  void choose_pattern(const std::string& name);
  const std::string& pattern_name() const { return pattern_name_; }

  void describe(OptionList& list) override;
  void check() const override { pattern->check(); }

  std::shared_ptr<AttentionPattern> pattern;  ///< never null

  /// Throws OptionError unless the pattern is defined for `length` positions and lets each attend
  /// somewhere.
  void check_length(int64_t length, bool causal) const;

 private:
  std::string pattern_name_;
};

}  // namespace heed
