#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "models/fused/kernels/recurrent.h"
#include "models/fused/operators.h"
#include "models/fused/scratch.h"
#include "models/fused/tensor_access.h"

namespace heed {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

/// A kind of cell as the kernels know it.
struct Cell {
  RecurrentBlocks blocks;
  const RecurrentCellKernels& kernels;
  int64_t input_width, width, padded = padded_width(width);

  int64_t packed() const { return packed_size(blocks, input_width, width); }
};

Cell make_cell(CellKind kind, int64_t input_width, int64_t width) {
  const auto& kernels = recurrent_kernels();
  switch (kind) {
    case CellKind::tanh:
      return {tanh_blocks, kernels.tanh, input_width, width};
    case CellKind::gru:
      return {gru_blocks, kernels.gru, input_width, width};
    case CellKind::lstm:
      return {lstm_blocks, kernels.lstm, input_width, width};
  }
  throw std::logic_error("no kind of cell");
}

struct PassScratch;

// Fewer operations, about 20 us, do not pay for another thread.
constexpr int64_t worth_a_thread = 2'000'000;

// work(first, last) on rows of the batch.
template <class Work>
void by_rows(const Cell& cell, int64_t steps, int64_t batch, Work work) {
  const int64_t gates = cell.blocks.input * cell.padded;
  const int64_t row = steps * gates * (2 * (cell.input_width + cell.width) + 40);
  // One chunk per thread: its rows share one read of a step's weights.
  parallel_for(batch, 1 + worth_a_thread / row, work, /*chunks_per_thread=*/1);
}

struct Pass {
  at::Tensor input, initial_hidden, initial_cell, lengths;
  at::Tensor output, last_hidden, last_cell, saved;
};

RecurrentWeights make_weights(const Cell& cell, const RecurrentParameters& parameters) {
  return {cell.input_width,           cell.width,
          data(parameters.weight_ih), data(parameters.weight_hh),
          data(parameters.bias_ih),   data(parameters.bias_hh)};
}

void run_forward(const Cell& cell, const RecurrentParameters& parameters, Pass& pass, bool keeps) {
  const int64_t steps = pass.input.size(0), batch = pass.input.size(1);
  const auto options = pass.input.options().requires_grad(false);
  const auto packed = at::empty({cell.packed()}, options);
  cell.kernels.pack_forward(make_weights(cell, parameters), mutable_data(packed));
  pass.output = at::empty({steps, batch, cell.width}, options);
  pass.last_hidden = at::empty({batch, cell.width}, options);
  if (pass.initial_cell.defined()) pass.last_cell = at::empty({batch, cell.width}, options);
  // tanh keeps nothing but its output.
  if (keeps && cell.blocks.saved > 1)
    pass.saved = at::empty({steps, batch, cell.blocks.saved * cell.padded}, options);
  RecurrentForward arguments{
      .steps = steps,
      .batch = batch,
      .input_width = cell.input_width,
      .width = cell.width,
      .input = data(pass.input),
      .initial_hidden = data(pass.initial_hidden),
      .initial_cell = data(pass.initial_cell),
      .lengths = pass.lengths.defined() ? pass.lengths.const_data_ptr<int64_t>() : nullptr,
      .packed = data(packed),
      .output = mutable_data(pass.output),
      .last_hidden = mutable_data(pass.last_hidden),
      .last_cell = mutable_data(pass.last_cell),
      .saved = mutable_data(pass.saved),
      .scratch = nullptr};
  by_rows(cell, steps, batch, [&](int64_t first, int64_t last) {
    auto own = arguments;
    if (!own.saved)
      own.scratch = scratch<PassScratch>(forward_scratch(cell.blocks, cell.width, last - first));
    cell.kernels.forward(own, first, last);
  });
}

/// The gradients of the weights, transposed, in blocks: [D_in, G P], [D, G P], and of the biases.
struct WeightGradients {
  at::Tensor input, hidden, input_bias, hidden_bias;
};

// Adds those of some steps: of the derivatives [n, derivatives P] by what they were multiplied
// with, input [n, D_in] and hidden [n, D].
void add_weight_gradients(const Cell& cell, const at::Tensor& derivatives, const at::Tensor& input,
                          const at::Tensor& hidden, const WeightGradients& sums) {
  const int64_t row = derivatives.stride(0), columns = cell.blocks.input * cell.padded;
  const auto product = recurrent_kernels().add_outer_products;
  const auto add = [&](const at::Tensor& a, int64_t block, const at::Tensor& to,
                       const at::Tensor& bias, int64_t first, int64_t last) {
    product(a.size(0), a.size(1), data(a), a.stride(0), data(derivatives) + block * cell.padded,
            row, first, last, mutable_data(to), columns, mutable_data(bias));
  };
  const int64_t work = 2 * 16 * derivatives.size(0) * (cell.input_width + cell.width);
  parallel_for(
      columns / 16, 1 + worth_a_thread / work,
      [&](int64_t first, int64_t last) {
        add(input, 0, sums.input, sums.input_bias, 16 * first, 16 * last);
        add(hidden, cell.blocks.hidden_begin, sums.hidden, sums.hidden_bias, 16 * first, 16 * last);
      },
      /*chunks_per_thread=*/1);
}

// [n, G P] in blocks, the first that of gate `rotation`, as the layer has its gates: [G D, n].
at::Tensor by_gates(const Cell& cell, const at::Tensor& blocks, int64_t rotation) {
  auto gates = blocks.view({-1, cell.blocks.input, cell.padded}).narrow(2, 0, cell.width);
  if (rotation > 0) gates = gates.roll(-rotation, 1);
  return gates.reshape({blocks.size(0), -1}).t().contiguous();
}

// The derivatives of steps `begin` to `end` and, from them, what those steps add to the weights'
// gradients.
void go_back(const Cell& cell, const Pass& pass, RecurrentBackward arguments,
             const at::Tensor& derivatives, const WeightGradients& sums) {
  const int64_t batch = arguments.batch, begin = arguments.begin, count = arguments.end - begin;
  by_rows(cell, count, batch, [&](int64_t first, int64_t last) {
    auto own = arguments;
    own.scratch = scratch<PassScratch>(backward_scratch(cell.input_width, last - first));
    cell.kernels.backward(own, first, last);
  });
  const auto part = [&](const at::Tensor& of_steps, int64_t first, int64_t steps) {
    return of_steps.narrow(0, first, steps).view({steps * batch, -1});
  };
  // The states that U read: the initial one, then the outputs.
  const int64_t skipped = begin == 0 ? 1 : 0;
  if (skipped)
    add_weight_gradients(cell, part(derivatives, 0, 1), part(pass.input, 0, 1), pass.initial_hidden,
                         sums);
  if (count > skipped)
    add_weight_gradients(cell, part(derivatives, skipped, count - skipped),
                         part(pass.input, begin + skipped, count - skipped),
                         part(pass.output, begin + skipped - 1, count - skipped), sums);
}

/// Of the input (undefined if not needed), the initial states [B, P] and the weights.
struct Gradients {
  at::Tensor input, hidden, cell;
  WeightGradients weights;
};

// `gradients` comes with the states' after the last step.
void run_backward(const Cell& cell, const RecurrentParameters& parameters, const Pass& pass,
                  const at::Tensor& output_gradient, const Gradients& gradients) {
  const int64_t steps = pass.input.size(0), batch = pass.input.size(1);
  const auto options = pass.output.options().requires_grad(false);
  const auto packed = at::empty({cell.packed()}, options);
  cell.kernels.pack_backward(make_weights(cell, parameters), mutable_data(packed));
  // As many steps at once as leave their derivatives in the cache until the weights' gradients read
  // them.
  const int64_t row = cell.blocks.derivatives * cell.padded;
  const int64_t at_once = std::clamp<int64_t>((1 << 19) / (row * batch), 1, steps);
  const auto derivatives = at::empty({at_once, batch, row}, options);
  RecurrentBackward arguments{
      .begin = 0,
      .end = steps,
      .batch = batch,
      .input_width = cell.input_width,
      .width = cell.width,
      .output = data(pass.output),
      .saved = data(pass.saved),
      .initial_hidden = data(pass.initial_hidden),
      .initial_cell = data(pass.initial_cell),
      .lengths = pass.lengths.defined() ? pass.lengths.const_data_ptr<int64_t>() : nullptr,
      .packed = data(packed),
      .output_gradient = data(output_gradient),
      .output_gradient_step = output_gradient.defined() ? output_gradient.stride(0) : 0,
      .output_gradient_row = output_gradient.defined() ? output_gradient.stride(1) : 0,
      .hidden_gradient = mutable_data(gradients.hidden),
      .cell_gradient = mutable_data(gradients.cell),
      .derivatives = mutable_data(derivatives),
      .input_gradient = mutable_data(gradients.input),
      .scratch = nullptr};
  for (; arguments.end > 0; arguments.end = arguments.begin) {
    arguments.begin = std::max<int64_t>(0, arguments.end - at_once);
    go_back(cell, pass, arguments, derivatives, gradients.weights);
  }
}

// A whole sequence with its gradients by hand. With a_t for the input of the activations of step t,
// W x_t + U h_t-1 and the biases (the GRU's n and u apart, see RecurrentBlocks), and dX for the
// gradient of the loss by X, the kernels go from the last step to the first:
//
//   dh_t += what came as gradient of output t; da_t from dh_t by the cell, see Tanh, Gru and Lstm
//   in kernels/recurrent_cells.h; dh_t-1 = U^T da_t and, in the GRU, dh_t * z
//   dx_t = W^T da_t
//   dW = sum_t da_t x_t^T,   dU = sum_t da_t h_t-1^T,   both biases: sum_t da_t
//
// A row's steps after its length have da_t = 0 and pass dh on unchanged.
struct FusedRecurrent : torch::autograd::Function<FusedRecurrent> {
  static tensor_list forward(AutogradContext* context, int64_t kind, const at::Tensor& input,
                             const at::Tensor& weight_ih, const at::Tensor& weight_hh,
                             const OptionalTensor& bias_ih, const OptionalTensor& bias_hh,
                             const at::Tensor& initial_hidden, const OptionalTensor& initial_cell,
                             const OptionalTensor& lengths, bool keeps) {
    const auto cell = make_cell(static_cast<CellKind>(kind), input.size(2), weight_hh.size(1));
    const RecurrentParameters parameters{weight_ih.contiguous(), weight_hh.contiguous(),
                                         make_contiguous(or_undefined(bias_ih)),
                                         make_contiguous(or_undefined(bias_hh))};
    Pass pass{.input = input.contiguous(),
              .initial_hidden = initial_hidden.contiguous(),
              .initial_cell = make_contiguous(or_undefined(initial_cell)),
              .lengths = make_contiguous(or_undefined(lengths)),
              .output = {},
              .last_hidden = {},
              .last_cell = {},
              .saved = {}};
    run_forward(cell, parameters, pass, keeps);
    if (keeps) {
      context->save_for_backward({pass.input, weight_ih, weight_hh, pass.initial_hidden,
                                  pass.initial_cell, pass.lengths, pass.output, pass.saved});
      context->saved_data["kind"] = kind;
      context->saved_data["input"] = input.requires_grad();
      context->saved_data["bias"] = bias_ih.has_value();
      context->set_materialize_grads(false);
    }
    if (!pass.last_cell.defined()) return {pass.output, pass.last_hidden};
    return {pass.output, pass.last_hidden, pass.last_cell};
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    if (at::GradMode::is_enabled())
      throw std::logic_error(
          "a recurrent layer has second derivatives only with train.kernels = reference");
    const auto saved = context->get_saved_variables();
    const RecurrentParameters parameters{saved[1].contiguous(), saved[2].contiguous(), {}, {}};
    const Pass pass{.input = saved[0],
                    .initial_hidden = saved[3],
                    .initial_cell = saved[4],
                    .lengths = saved[5],
                    .output = saved[6],
                    .last_hidden = {},
                    .last_cell = {},
                    .saved = saved[7]};
    const auto cell = make_cell(static_cast<CellKind>(context->saved_data["kind"].toInt()),
                                pass.input.size(2), pass.output.size(2));
    const int64_t batch = pass.input.size(1), columns = cell.blocks.input * cell.padded;
    const auto zeros = [&](int64_t rows, int64_t width) {
      return at::zeros({rows, width}, pass.output.options().requires_grad(false));
    };
    const auto state_gradient = [&](const at::Tensor& gradient) {
      const auto padded = zeros(batch, cell.padded);
      if (gradient.defined()) padded.narrow(1, 0, cell.width).copy_(gradient);
      return padded;
    };
    const Gradients own{
        .input = context->saved_data["input"].toBool() ? at::empty_like(pass.input) : at::Tensor(),
        .hidden = state_gradient(gradients[1]),
        .cell = pass.initial_cell.defined() ? state_gradient(gradients[2]) : at::Tensor(),
        .weights = {zeros(cell.input_width, columns), zeros(cell.width, columns), zeros(1, columns),
                    zeros(1, columns)}};
    auto output_gradient = gradients[0];
    if (output_gradient.defined() && output_gradient.stride(2) != 1)
      output_gradient = output_gradient.contiguous();
    run_backward(cell, parameters, pass, output_gradient, own);

    tensor_list result(10);  // by forward's arguments
    const int64_t rotation = cell.blocks.hidden_begin;
    result[1] = own.input;
    result[2] = by_gates(cell, own.weights.input, rotation);
    result[3] = by_gates(cell, own.weights.hidden, 0);
    if (context->saved_data["bias"].toBool()) {
      result[4] = by_gates(cell, own.weights.input_bias, rotation).view(-1);
      result[5] = by_gates(cell, own.weights.hidden_bias, 0).view(-1);
    }
    result[6] = own.hidden.narrow(1, 0, cell.width);
    if (own.cell.defined()) result[7] = own.cell.narrow(1, 0, cell.width);
    return result;
  }
};

}  // namespace

RecurrentLayerOutput fused_recurrent(CellKind cell, const RecurrentParameters& parameters,
                                     const at::Tensor& input, const RecurrentState& initial,
                                     const at::Tensor& lengths) {
  bool keeps = false;
  for (const auto& one : {input, parameters.weight_ih, parameters.weight_hh, parameters.bias_ih,
                          parameters.bias_hh, initial.hidden, initial.cell})
    keeps = keeps || (one.defined() && one.requires_grad());
  const auto result = FusedRecurrent::apply(
      static_cast<int64_t>(cell), input, parameters.weight_ih, parameters.weight_hh,
      to_optional(parameters.bias_ih), to_optional(parameters.bias_hh), initial.hidden,
      to_optional(initial.cell), to_optional(lengths), keeps && at::GradMode::is_enabled());
  return {result[0], {result[1], result.size() > 2 ? result[2] : at::Tensor()}};
}

RecurrentState fused_recurrent_step(CellKind kind, const RecurrentParameters& parameters,
                                    const at::Tensor& input, const RecurrentState& state) {
  const auto cell = make_cell(kind, input.size(1), state.hidden.size(1));
  const auto from = input.contiguous();
  const auto hidden = state.hidden.contiguous(), before = make_contiguous(state.cell);
  RecurrentState next{at::empty_like(hidden), before.defined() ? at::empty_like(before) : before};
  cell.kernels.step({.weights = make_weights(cell, parameters),
                     .rows = input.size(0),
                     .input = data(from),
                     .hidden = data(hidden),
                     .cell = data(before),
                     .next_hidden = mutable_data(next.hidden),
                     .next_cell = mutable_data(next.cell),
                     .scratch = scratch<PassScratch>(2 * cell.blocks.saved * cell.padded)});
  return next;
}

}  // namespace heed
