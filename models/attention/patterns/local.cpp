#include "models/attention/attention_pattern.h"
#include "models/attention/patterns/pairs.h"

namespace heed {
namespace {

/// Query q sees key k if |q - k| < window: the sliding window of 2004.05150 (section 3.1), whose w
/// is 2 window - 1 here, or window where no later key counts.
class SlidingWindowPattern : public AttentionPattern {
 public:
  void describe(OptionList& list) override {
    list.add("window", &window_, "positions that a query sees on each side, itself included")
        .at_least(1);
    list.add("sparse", &sparse_,
             "compute the window's pairs alone, in blocks; false: all pairs, then masked");
  }

  at::Tensor mask(int64_t queries, int64_t keys, bool) const override {
    return Pairs(queries, keys).nearer_than(window_);  // [T, S]
  }

  int64_t sparse_window() const override { return sparse_ ? window_ : 0; }

 private:
  int64_t window_ = 64;
  bool sparse_ = true;
};

const Registration<AttentionPattern, SlidingWindowPattern> local_registration{
    "local", "a window around each position, in time that grows with its width (2004.05150)"};

}  // namespace
}  // namespace heed
