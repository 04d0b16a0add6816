#pragma once

#include <cstdint>
#include <memory>

#include "models/sequence_model.h"

namespace heed {

/// The sizes of a transformer to measure; the defaults are those of configs/demo/.
struct ModelSize {
  int64_t layers = 2;
  int64_t heads = 4;
  int64_t width = 64;
};

/// A transformer, or an encoder-decoder if the shape has a source, of about that size; without
/// biases, and with its output tied to its embedding if the shape allows it.
std::shared_ptr<SequenceModel> small_model(const SequenceShape& shape, const ModelSize& size = {});

}  // namespace heed
