#include "models/sequence_model.h"

#include <stdexcept>

namespace heed {

bool SequenceShape::answers_tokens() const {
  return vocabulary > 0 && output == Output::per_position && output_width == vocabulary;
}

void SequenceShape::check_tied(bool tied) const {
  if (tied && !answers_tokens())
    throw OptionError("tied",
                      "expected false: this task's output layer is no list of input tokens");
}

std::unique_ptr<SequenceState> SequenceModel::initial_state(int64_t) const {
  throw std::logic_error("this model begins with a source");
}

std::unique_ptr<SequenceState> SequenceModel::read_source(const SequenceInput&,
                                                          AttentionRecorder*) {
  throw std::logic_error("this model reads no source");
}

int64_t SequenceModel::parameter_count() const {
  int64_t count = 0;
  for (const auto& parameter : parameters()) count += parameter.numel();
  return count;
}

}  // namespace heed
