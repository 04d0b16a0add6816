#include "models/sequence.h"

#include <stdexcept>

#include "models/options.h"

namespace heed {

bool SequenceShape::answers_tokens() const {
  return vocabulary > 0 && output == Output::per_position && output_width == vocabulary;
}

void SequenceShape::check_tied(bool tied) const {
  if (tied && !answers_tokens())
    throw OptionError("tied",
                      "expected false: this task's output layer is no list of input tokens");
}

int64_t SequenceState::numel() const {
  throw std::logic_error("this state does not count its numbers");
}

}  // namespace heed
