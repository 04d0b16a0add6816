#include "models/sequence_model.h"

namespace heed {

int64_t SequenceModel::parameter_count() const {
  int64_t count = 0;
  for (const auto& parameter : parameters()) count += parameter.numel();
  return count;
}

}  // namespace heed
