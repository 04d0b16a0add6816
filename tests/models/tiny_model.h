#pragma once

#include <ATen/ATen.h>

#include <map>
#include <memory>
#include <string>
#include <type_traits>
#include <variant>

#include "models/model_builder.h"
#include "models/sequence_model.h"

namespace heed {

using TinyOptions = std::map<std::string, std::variant<int64_t, double, bool, std::string>>;

constexpr int64_t tiny_vocabulary = 7, tiny_width = 4, tiny_layers = 2;

/// A model of a registered kind in double precision, in evaluation mode, with weights that are not
/// small: two layers of width 4, over tokens, from a source if it is of the kind that reads one.
inline std::shared_ptr<SequenceModel> tiny_model(const std::string& kind,
                                                 const TinyOptions& options = {}) {
  const auto builder = ModelRegistry::instance().make(kind);
  OptionList list;
  builder->describe(list);
  *std::get<int64_t*>(list.find("layers")->target) = tiny_layers;
  *std::get<int64_t*>(list.find("d_model")->target) = tiny_width;
  for (const auto& [name, value] : options)
    std::visit(
        [&](const auto& typed) {
          using Value = std::remove_cvref_t<decltype(typed)>;
          if constexpr (std::is_same_v<Value, std::string>)
            list.find(name)->set_text(typed);
          else
            *std::get<Value*>(list.find(name)->target) = typed;
        },
        value);
  const bool source = kind.ends_with("encoder_decoder");
  auto model = builder->build({.vocabulary = tiny_vocabulary,
                               .output_width = tiny_vocabulary,
                               .max_length = 12,
                               .source_vocabulary = source ? tiny_vocabulary : 0,
                               .max_source_length = source ? 12 : 0});
  model->to(at::kDouble);
  model->eval();
  const at::NoGradGuard no_grad;
  for (auto& parameter : model->parameters())
    if (parameter.dim() == 2) parameter.normal_(0, 0.5);
  return model;
}

}  // namespace heed
