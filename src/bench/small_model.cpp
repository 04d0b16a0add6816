#include "src/bench/small_model.h"

#include <torch/utils.h>

#include <string>

#include "models/model_builder.h"

namespace heed {

std::shared_ptr<SequenceModel> small_model(const SequenceShape& shape, const ModelSize& size) {
  const auto* kind = shape.source_vocabulary > 0 ? "encoder_decoder" : "transformer";
  const auto builder = ModelRegistry::instance().make(kind);
  OptionList list;
  builder->describe(list);
  const auto set = [&list](const std::string& name, const auto& value) {
    using Value = std::decay_t<decltype(value)>;
    if (auto* option = list.find(name)) *std::get<Value*>(option->target) = value;
  };
  set("layers", size.layers);
  set("heads", size.heads);
  set("d_model", size.width);
  set("bias", false);
  set("causal", shape.context != SequenceShape::Context::bidirectional);
  set("tied", shape.answers_tokens());
  torch::manual_seed(1);
  return builder->build(shape);
}

}  // namespace heed
