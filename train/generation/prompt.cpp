#include "train/generation/prompt.h"

#include <stdexcept>

#include "models/sequence_model.h"

namespace heed {

Reading prefill(SequenceModel& model, const Prompt& prompt, AttentionHook* hook) {
  if (prompt.tokens.empty())
    throw std::invalid_argument("expected a prompt of at least one token, got none");
  Reading reading{.state = prompt.source.source.defined() ? model.read_source(prompt.source, hook)
                                                          : model.initial_state(1),
                  .output = {}};
  for (const int64_t token : prompt.tokens)
    reading.output = model.step(row_tensor(model, {token}), *reading.state, hook);
  return reading;
}

at::Tensor row_tensor(const SequenceModel& model, const std::vector<int64_t>& values) {
  return at::tensor(values, at::kLong).to(model.tensor_options().device());
}

}  // namespace heed
