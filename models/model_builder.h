#pragma once

#include <memory>

#include "models/options.h"
#include "models/registry.h"
#include "models/sequence.h"

namespace heed {

class AttentionOptions;
class SequenceModel;

/// The options of one kind of model, and the function that builds it from them.
class ModelBuilder : public Configurable {
 public:
  /// The options of section [attention]; null for models that ignore it.
  virtual AttentionOptions* attention() { return nullptr; }
  /// Whether one of its self-attentions is causal.
  virtual bool causal() const { return true; }
  /// Throws OptionError if an option of section [attention] does not fit the shape.
  virtual void check_attention(const SequenceShape&) const {}
  /// Throws OptionError if the options do not fit the shape.
  virtual std::shared_ptr<SequenceModel> build(const SequenceShape& shape) const = 0;
};

using ModelRegistry = Registry<ModelBuilder>;

}  // namespace heed
