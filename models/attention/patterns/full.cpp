#include "models/attention/attention_pattern.h"

namespace heed {
namespace {

/// Query q sees every key, as in 1706.03762.
class FullPattern : public AttentionPattern {
 public:
  at::Tensor mask(int64_t, int64_t, bool) const override { return {}; }
};

const Registration<AttentionPattern, FullPattern> full_registration{
    "full", "every position sees every other (1706.03762)"};

}  // namespace
}  // namespace heed
