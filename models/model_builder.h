#pragma once

#include <memory>

#include "models/options.h"
#include "models/registry.h"
#include "models/sequence.h"

namespace heed {

class AttentionOptions;
class SequenceModel;

/// The options of one kind of model, and how it is made from them.
class ModelBuilder : public Configurable {
 public:
  /// The options of section [attention]; null for models that have no use for it.
  virtual AttentionOptions* attention() { return nullptr; }
  /// Whether some self-attention of it sees no later position.
  virtual bool causal() const { return true; }
  /// Throws OptionError where an option of section [attention] does not go with the shape.
  virtual void check_attention(const SequenceShape&) const {}
  /// Throws OptionError where options do not go with the shape.
  virtual std::shared_ptr<SequenceModel> build(const SequenceShape& shape) const = 0;
};

using ModelRegistry = Registry<ModelBuilder>;

}  // namespace heed
