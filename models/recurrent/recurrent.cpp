#include "models/recurrent/recurrent.h"

#include <ATen/core/grad_mode.h>
#include <c10/util/StringUtil.h>
#include <torch/nn/init.h>

#include <cmath>
#include <stdexcept>
#include <string>

#include "models/layers/dropout.h"

namespace heed {
namespace {

// The cells. `product` is W x for all gates, [B, G D], `weight` is U^T for all gates, [D, G D].

RecurrentState tanh_step(const at::Tensor& product, const at::Tensor& weight,
                         const RecurrentState& state) {
  return {at::addmm(product, state.hidden, weight).tanh(), {}};
}

RecurrentState gru_step(const at::Tensor& product, const at::Tensor& weight, const at::Tensor& bias,
                        const RecurrentState& state) {
  const auto& hidden = state.hidden;
  const int64_t width = hidden.size(1);
  const auto recurrent =
      bias.defined() ? at::addmm(bias, hidden, weight) : at::mm(hidden, weight);  // [B, 3 D]
  const auto from_input = product.split({2 * width, width}, 1);    // [B, 2 D], [B, D]
  const auto from_state = recurrent.split({2 * width, width}, 1);  // [B, 2 D], [B, D]
  const auto gates = (from_input[0] + from_state[0]).sigmoid().chunk(2, 1);
  const auto &reset = gates[0], &update = gates[1];                                // [B, D]
  const auto candidate = at::addcmul(from_input[1], reset, from_state[1]).tanh();  // [B, D]
  // Under autocast the gates come in a lower precision than the state, which keeps its own.
  const auto type = hidden.scalar_type();
  return {at::lerp(candidate.to(type), hidden, update.to(type)), {}};
}

RecurrentState lstm_step(const at::Tensor& product, const at::Tensor& weight,
                         const RecurrentState& state) {
  const auto gates = at::addmm(product, state.hidden, weight).chunk(4, 1);  // 4 times [B, D]
  const auto input = gates[0].sigmoid(), forget = gates[1].sigmoid(), output = gates[3].sigmoid();
  const auto cell = at::addcmul(forget * state.cell, input, gates[2].tanh());  // [B, D]
  return {output * cell.tanh(), cell};
}

// `next` for the rows that have another step, `state` for the others. going: [B, 1].
RecurrentState hold(const at::Tensor& going, const RecurrentState& next,
                    const RecurrentState& state) {
  return {at::where(going, next.hidden, state.hidden),
          next.cell.defined() ? at::where(going, next.cell, state.cell) : at::Tensor()};
}

// All layers' states as one tensor, [B, N].
at::Tensor concatenate_states(const std::vector<RecurrentState>& states) {
  std::vector<at::Tensor> parts;
  for (const auto& state : states) {
    parts.push_back(state.hidden);
    if (state.cell.defined()) parts.push_back(state.cell);
  }
  return at::cat(parts, 1);
}

// The inverse.
std::vector<RecurrentState> split_states(const at::Tensor& states, size_t layers, bool has_cell) {
  const auto parts = states.chunk(static_cast<int64_t>(layers) * (has_cell ? 2 : 1), 1);
  std::vector<RecurrentState> result;
  for (size_t index = 0; index < layers; ++index)
    result.push_back(has_cell ? RecurrentState{parts[2 * index], parts[2 * index + 1]}
                              : RecurrentState{parts[index], {}});
  return result;
}

void check_input(const at::Tensor& input, const std::string& leading, int64_t dimensions,
                 int64_t width) {
  if (input.dim() == dimensions && input.size(-1) == width && input.numel() > 0) return;
  throw std::invalid_argument(c10::str("a recurrent layer expects input [", leading, ", ", width,
                                       "] that is not empty, got ", input.sizes()));
}

// Returns the shortest.
int64_t check_lengths(const at::Tensor& lengths, int64_t steps, int64_t batch) {
  if (lengths.dim() != 1 || lengths.size(0) != batch || lengths.scalar_type() != at::kLong)
    throw std::invalid_argument(c10::str("expected lengths [", batch, "] of type Long, got ",
                                         lengths.sizes(), " of type ", lengths.scalar_type()));
  const auto shortest = lengths.min().item<int64_t>(), longest = lengths.max().item<int64_t>();
  if (shortest < 0 || longest > steps)
    throw std::invalid_argument(
        c10::str("expected lengths from 0 to ", steps, ", got ", shortest, " to ", longest));
  return shortest;
}

}  // namespace

std::string format_shape(const at::Tensor& tensor) {
  return tensor.defined() ? c10::str(tensor.sizes()) : "none";
}

int64_t gate_count(CellKind cell) {
  switch (cell) {
    case CellKind::tanh:
      return 1;
    case CellKind::gru:
      return 3;
    case CellKind::lstm:
      return 4;
  }
  throw std::logic_error("no kind of cell");
}

RecurrentLayerImpl::RecurrentLayerImpl(const RecurrentLayerOptions& options) : options_(options) {
  const int64_t width = options.width, rows = gate_count(options.cell) * width;
  if (options.input_width < 1 || width < 1)
    throw std::invalid_argument(c10::str("a recurrent layer expects widths of at least 1, got ",
                                         options.input_width, " for its input and ", width));
  weight_ih = register_parameter("weight_ih", at::empty({rows, options.input_width}));
  weight_hh = register_parameter("weight_hh", at::empty({rows, width}));
  if (options.bias) {
    bias_ih = register_parameter("bias_ih", at::empty({rows}));
    bias_hh = register_parameter("bias_hh", at::empty({rows}));
  }
  const double bound = 1 / std::sqrt(static_cast<double>(width));
  for (auto& parameter : parameters()) torch::nn::init::uniform_(parameter, -bound, bound);
  if (options.cell == CellKind::lstm && options.bias) {
    const at::NoGradGuard no_grad;
    bias_ih.narrow(0, width, width).fill_(options.forget_bias);
    bias_hh.narrow(0, width, width).zero_();
  }
}

RecurrentLayerOutput RecurrentLayerImpl::forward(const at::Tensor& input,
                                                 const RecurrentState& initial,
                                                 const at::Tensor& lengths) {
  check_input(input, "T, B", 3, options_.input_width);
  const int64_t steps = input.size(0), batch = input.size(1);
  const int64_t shortest = lengths.defined() ? check_lengths(lengths, steps, batch) : steps;
  const auto before = initial.hidden.defined() ? checked(initial, batch) : initial_state(batch);
  if (auto result = fused::try_recurrent(options_.cell, all_parameters(), input, before,
                                         shortest < steps ? lengths : at::Tensor()))
    return *result;
  return step_by_step(input, before, lengths, shortest);
}

RecurrentLayerOutput RecurrentLayerImpl::step_by_step(const at::Tensor& input, RecurrentState state,
                                                      const at::Tensor& lengths,
                                                      int64_t shortest) const {
  const int64_t steps = input.size(0);
  at::Tensor going;  // [T, B, 1]; undefined if all rows have all steps
  if (shortest < steps)
    going = (at::arange(steps, lengths.options()).unsqueeze(1) < lengths).unsqueeze(2);
  const auto products = input_product(input).unbind(0);  // T times [B, G D]
  const auto weight = weight_hh.t();                     // [D, G D]
  std::vector<at::Tensor> outputs;
  for (int64_t t = 0; t < steps; ++t) {
    const auto next = next_state(products[static_cast<size_t>(t)], weight, state);
    state = t < shortest ? next : hold(going[t], next, state);
    outputs.push_back(state.hidden);
  }
  const auto output = at::stack(outputs);  // [T, B, D]
  return {going.defined() ? output.masked_fill(going.logical_not(), 0) : output, state};
}

RecurrentParameters RecurrentLayerImpl::all_parameters() const {
  return {weight_ih, weight_hh, bias_ih, bias_hh};
}

RecurrentState RecurrentLayerImpl::step(const at::Tensor& input, const RecurrentState& state) {
  check_input(input, "B", 2, options_.input_width);
  const auto before = checked(state, input.size(0));
  if (auto next = fused::try_recurrent_step(options_.cell, all_parameters(), input, before))
    return *next;
  return next_state(input_product(input), weight_hh.t(), before);
}

RecurrentState RecurrentLayerImpl::initial_state(int64_t batch) const {
  const auto zeros = at::zeros({batch, options_.width}, weight_hh.options());
  return {zeros, options_.cell == CellKind::lstm ? zeros : at::Tensor()};
}

// W x does not depend on the state, so it is computed for all steps at once.
// [..., D_in] -> [..., G D]
at::Tensor RecurrentLayerImpl::input_product(const at::Tensor& input) const {
  // U's bias is added here too, once instead of at every step. The GRU's reset gate multiplies U's
  // bias, so there it is added at each step.
  const bool both = options_.bias && options_.cell != CellKind::gru;
  return at::linear(input, weight_ih, both ? bias_ih + bias_hh : bias_ih);
}

RecurrentState RecurrentLayerImpl::next_state(const at::Tensor& product, const at::Tensor& weight,
                                              const RecurrentState& state) const {
  switch (options_.cell) {
    case CellKind::tanh:
      return tanh_step(product, weight, state);
    case CellKind::gru:
      return gru_step(product, weight, bias_hh, state);
    case CellKind::lstm:
      return lstm_step(product, weight, state);
  }
  throw std::logic_error("no kind of cell");
}

RecurrentState RecurrentLayerImpl::checked(const RecurrentState& state, int64_t batch) const {
  const auto fits = [&](const at::Tensor& tensor) {
    return tensor.defined() && tensor.sizes() == at::IntArrayRef{batch, options_.width};
  };
  const bool has_cell = options_.cell == CellKind::lstm;
  if (fits(state.hidden) && (has_cell ? fits(state.cell) : !state.cell.defined())) return state;
  const auto expected = c10::str("[", batch, ", ", options_.width, "]");
  throw std::invalid_argument(c10::str("expected a recurrent state with hidden ", expected,
                                       " and cell ", has_cell ? expected : "none", ", got ",
                                       format_shape(state.hidden), " and ",
                                       format_shape(state.cell)));
}

RecurrentStackImpl::RecurrentStackImpl(const RecurrentStackOptions& options) : options_(options) {
  if (options.layers < 1)
    throw std::invalid_argument(
        c10::str("expected at least 1 recurrent layer, got ", options.layers));
  auto layer = options.layer;
  for (int64_t index = 0; index < options.layers; ++index) {
    layers.push_back(register_module("layer" + std::to_string(index), RecurrentLayer(layer)));
    layer.input_width = layer.width;
  }
}

RecurrentStackOutput RecurrentStackImpl::forward(const at::Tensor& input,
                                                 const std::vector<RecurrentState>& initial,
                                                 const at::Tensor& lengths) {
  check_input(input, "B, T", 3, options_.layer.input_width);
  if (!initial.empty()) check_states(initial);
  auto output = input.transpose(0, 1).contiguous();  // [T, B, D_in], then [T, B, D]
  std::vector<RecurrentState> states;
  for (size_t index = 0; index < layers.size(); ++index) {
    if (index > 0) output = drop(output);
    const auto before = initial.empty() ? RecurrentState() : initial[index];
    const auto result = layers[index]->forward(output, before, lengths);
    output = result.output;
    states.push_back(result.state);
  }
  return {output.transpose(0, 1), states};
}

RecurrentStackOutput RecurrentStackImpl::forward_through_states(const at::Tensor& input,
                                                                const at::Tensor& lengths,
                                                                std::vector<at::Tensor>& states) {
  check_input(input, "B, T", 3, options_.layer.input_width);
  const int64_t batch = input.size(0), length = input.size(1);
  if (lengths.defined()) check_lengths(lengths, length, batch);
  auto before = initial_state(batch);
  std::vector<at::Tensor> outputs;
  for (int64_t t = 0; t < length; ++t) {
    auto after = before;
    step(input.select(1, t), after);
    const auto going = lengths.defined() ? (lengths > t).unsqueeze(1) : at::Tensor();  // [B, 1]
    for (size_t index = 0; going.defined() && index < after.size(); ++index)
      after[index] = hold(going, after[index], before[index]);
    states.push_back(concatenate_states(after));
    before = split_states(states.back(), layers.size(), options_.layer.cell == CellKind::lstm);
    const auto& output = before.back().hidden;
    outputs.push_back(going.defined() ? output.masked_fill(going.logical_not(), 0) : output);
  }
  return {at::stack(outputs, 1), before};
}

at::Tensor RecurrentStackImpl::step(const at::Tensor& input, std::vector<RecurrentState>& states) {
  check_states(states);
  auto output = input;  // [B, D_in], then [B, D]
  for (size_t index = 0; index < layers.size(); ++index) {
    if (index > 0) output = drop(output);
    states[index] = layers[index]->step(output, states[index]);
    output = states[index].hidden;
  }
  return output;
}

std::vector<RecurrentState> RecurrentStackImpl::initial_state(int64_t batch) const {
  std::vector<RecurrentState> states;
  for (const auto& layer : layers) states.push_back(layer->initial_state(batch));
  return states;
}

int64_t RecurrentStackImpl::state_size() const {
  return options_.layers * options_.layer.width * (options_.layer.cell == CellKind::lstm ? 2 : 1);
}

void RecurrentStackImpl::check_states(const std::vector<RecurrentState>& states) const {
  if (states.size() != layers.size())
    throw std::invalid_argument(
        c10::str("expected ", layers.size(), " recurrent states, got ", states.size()));
}

at::Tensor RecurrentStackImpl::drop(const at::Tensor& output) const {
  return with_dropout(output, options_.dropout, is_training());
}

void RecurrentStackImpl::describe_paths(const std::string& name, bool attention_between_steps,
                                        std::vector<BlockPath>& paths) const {
  for (size_t index = 0; index < layers.size(); ++index)
    paths.emplace_back(name + ".layer" + std::to_string(index),
                       fused::choose_path({.attention_between_steps = attention_between_steps},
                                          {&layers[index]->weight_ih}));
}

}  // namespace heed
