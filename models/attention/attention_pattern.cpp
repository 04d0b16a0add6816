#include "models/attention/attention_pattern.h"

#include <stdexcept>

namespace heed {

void AttentionPattern::set_matrix(const at::Tensor&, bool) {
  throw std::logic_error("this attention pattern is made from its options, not from a matrix");
}

}  // namespace heed
