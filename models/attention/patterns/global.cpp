#include "models/attention/attention_pattern.h"
#include "models/attention/patterns/pairs.h"

namespace heed {
namespace {

/// Query q sees key k if |q - k| < window, or q < tokens, or k < tokens: the sliding window of
/// 2004.05150 with global attention (section 3.1) on the first positions, which see all and are
/// seen by all. With causality they see what comes before them and are seen by all that follows.
class GlobalPattern : public AttentionPattern {
 public:
  void describe(OptionList& list) override {
    list.add("window", &window_, "positions that a query sees on each side, itself included")
        .at_least(1);
    list.add("tokens", &tokens_, "first positions of the sequence that see all and are seen by all")
        .at_least(0);
  }

  at::Tensor mask(int64_t queries, int64_t keys, bool) const override {
    const Pairs pairs(queries, keys);
    return pairs.nearer_than(window_)
        .logical_or_(pairs.query < tokens_)
        .logical_or_(pairs.key < tokens_);  // [T, S]
  }

 private:
  int64_t window_ = 64;
  int64_t tokens_ = 1;
};

const Registration<AttentionPattern, GlobalPattern> global_registration{
    "global", "a window around each position, and first positions that all share (2004.05150)"};

}  // namespace
}  // namespace heed
