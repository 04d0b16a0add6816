#include "train/generation/prompt.h"

#include <stdexcept>

#include "models/sequence_model.h"

namespace heed {

Reading read_beginning(SequenceModel& model, const Beginning& beginning, AttentionProbe* probe) {
  if (beginning.tokens.empty())
    throw std::invalid_argument("expected a prompt of at least one token, got none");
  Reading reading{.state = beginning.source.source.defined()
                               ? model.read_source(beginning.source, probe)
                               : model.initial_state(1),
                  .output = {}};
  for (const int64_t token : beginning.tokens)
    reading.output = model.step(row_tensor(model, {token}), *reading.state, probe);
  return reading;
}

at::Tensor row_tensor(const SequenceModel& model, const std::vector<int64_t>& values) {
  return at::tensor(values, at::kLong).to(model.tensor_options().device());
}

}  // namespace heed
