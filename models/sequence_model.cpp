#include "models/sequence_model.h"

#include <stdexcept>

namespace heed {
namespace {

at::Tensor first_parameter(const torch::nn::Module& module) {
  const auto own = module.parameters(/*recurse=*/false);
  if (!own.empty()) return own.front();
  for (const auto& child : module.children())
    if (const auto found = first_parameter(*child); found.defined()) return found;
  return {};
}

}  // namespace

at::Tensor SequenceModel::forward(const SequenceInput& input, AttentionHook* hook) {
  return forward_embedded(embed(input), input, hook);
}

at::Tensor SequenceModel::embed(const SequenceInput&) {
  throw std::logic_error("this model embeds nothing");
}

at::Tensor SequenceModel::forward_embedded(const at::Tensor&, const SequenceInput&,
                                           AttentionHook*) {
  throw std::logic_error("this model embeds nothing");
}

at::Tensor SequenceModel::forward_through_states(const at::Tensor&, const SequenceInput&,
                                                 std::vector<at::Tensor>&) {
  throw std::logic_error("this model has no hidden state");
}

std::unique_ptr<SequenceState> SequenceModel::initial_state(int64_t) const {
  throw std::logic_error("this model begins with a source");
}

std::unique_ptr<SequenceState> SequenceModel::read_source(const SequenceInput&, AttentionHook*) {
  throw std::logic_error("this model reads no source");
}

int64_t SequenceModel::state_size(int64_t) const {
  throw std::logic_error("this model does not tell the size of its state");
}

at::TensorOptions SequenceModel::tensor_options() const {
  const auto first = first_parameter(*this);
  if (!first.defined()) throw std::logic_error("this model has no parameter");
  return first.options();
}

int64_t SequenceModel::parameter_count() const {
  int64_t count = 0;
  for (const auto& parameter : parameters()) count += parameter.numel();
  return count;
}

}  // namespace heed
