#include "models/attention/attention_pattern.h"
#include "models/attention/patterns/pairs.h"

namespace heed {
namespace {

/// Query q sees key k if |q - k| < stride or q - k is a multiple of stride: the union of the two
/// heads of 1904.10509 (section 4.2), where k <= q.
class StridedPattern : public AttentionPattern {
 public:
  void describe(OptionList& list) override {
    list.add("stride", &stride_,
             "a query sees the positions nearer than this, and every such step beyond")
        .at_least(1);
  }

  at::Tensor mask(int64_t queries, int64_t keys, bool) const override {
    const Pairs pairs(queries, keys);
    const auto in_step = pairs.query.remainder(stride_) == pairs.key.remainder(stride_);
    return pairs.nearer_than(stride_).logical_or_(in_step);  // [T, S]
  }

 private:
  int64_t stride_ = 8;
};

const Registration<AttentionPattern, StridedPattern> strided_registration{
    "strided", "the nearest positions, and every n-th beyond them (1904.10509)"};

}  // namespace
}  // namespace heed
