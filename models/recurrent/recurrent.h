#pragma once

#include <ATen/ATen.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <cstdint>
#include <string>
#include <vector>

#include "models/dispatch.h"
#include "models/sequence_model.h"

namespace heed {

// How each CellKind computes the next state h' from the step's input x and the state h. W and U are
// a gate's weights with its bias, s is the logistic function, * the product element by element.
//
// tanh  h' = tanh(W x + U h)  (Elman 1990, "Finding structure in time")
// gru   r = s(W_r x + U_r h), z = s(W_z x + U_z h), n = tanh(W_n x + r * (U_n h)),
//       h' = (1 - z) * n + z * h  (Cho et al. 2014, 1406.1078, with the reset gate r on the product
//       U_n h and its bias, as in cuDNN and PyTorch, where the paper has it on h)
// lstm  i, f, o = s(W x + U h), g = tanh(W_g x + U_g h), c' = f * c + i * g, h' = o * tanh(c')
//       (Hochreiter & Schmidhuber 1997, with the forget gate f of Gers et al. 2000, no peepholes)

/// The shape of a tensor for messages; "none" if it is undefined.
std::string format_shape(const at::Tensor& tensor);

/// G, the number of gates of D rows in a layer's weights: tanh 1, GRU 3 (r, z, n), LSTM 4 (i, f, g,
/// o).
int64_t gate_count(CellKind cell);

struct RecurrentLayerOptions {
  CellKind cell = CellKind::tanh;
  int64_t input_width = 0;   ///< D_in
  int64_t width = 0;         ///< D
  bool bias = true;          ///< two per gate, one in W and one in U, as in PyTorch
  double forget_bias = 1.0;  ///< initial bias of an LSTM's forget gate, if it has biases; 1 lets a
                             ///< new network remember (Jozefowicz et al. 2015)
};

/// One recurrent layer. Its weights have PyTorch's names, shapes and order of gates, and like
/// PyTorch's are initially uniform within 1 / sqrt(D). Time is the first dimension, so that the
/// input of a step is contiguous. Kernels compute it where they apply, else the readable steps of
/// recurrent.cpp, from which autograd derives the gradients.
class RecurrentLayerImpl : public torch::nn::Module {
 public:
  /// Throws std::invalid_argument if a width is less than 1.
  explicit RecurrentLayerImpl(const RecurrentLayerOptions& options);

  /// input [T, B, D_in]. `initial` is the state before the first step, {} for zeros. `lengths` [B]
  /// int64 gives the number of valid steps per row, 0 to T, undefined: all T; after them a row
  /// keeps its state. Throws std::invalid_argument where the shapes or lengths do not fit.
  RecurrentLayerOutput forward(const at::Tensor& input, const RecurrentState& initial = {},
                               const at::Tensor& lengths = {});

  /// One step: input [B, D_in] and the state before it; returns the state after it.
  RecurrentState step(const at::Tensor& input, const RecurrentState& state);

  /// Zeros, of the weights' type and on their device.
  RecurrentState initial_state(int64_t batch) const;

  at::Tensor weight_ih;  ///< [G D, D_in]: W
  at::Tensor weight_hh;  ///< [G D, D]: U
  at::Tensor bias_ih;    ///< [G D]: W's, undefined without bias
  at::Tensor bias_hh;    ///< [G D]: U's, undefined without bias

 private:
  RecurrentLayerOutput step_by_step(const at::Tensor& input, RecurrentState state,
                                    const at::Tensor& lengths, int64_t shortest) const;
  RecurrentParameters all_parameters() const;
  at::Tensor input_product(const at::Tensor& input) const;
  RecurrentState next_state(const at::Tensor& product, const at::Tensor& weight,
                            const RecurrentState& state) const;
  RecurrentState checked(const RecurrentState& state, int64_t batch) const;

  RecurrentLayerOptions options_;
};
TORCH_MODULE(RecurrentLayer);

struct RecurrentStackOptions {
  RecurrentLayerOptions
      layer;           ///< the first; each further layer reads the D outputs of the previous
  int64_t layers = 1;  ///< L
  double dropout = 0;  ///< between two layers, not after the last, while training
};

struct RecurrentStackOutput {
  at::Tensor output;                   ///< [B, T, D]: of the last layer, zero at padded positions
  std::vector<RecurrentState> states;  ///< of each layer, after each row's last valid step
};

/// L recurrent layers.
class RecurrentStackImpl : public torch::nn::Module {
 public:
  /// Throws std::invalid_argument if there is no layer or a width is less than 1.
  explicit RecurrentStackImpl(const RecurrentStackOptions& options);

  /// input [B, T, D_in]; `initial` holds a state per layer, or nothing for zeros; `lengths` and
  /// errors as for a layer.
  RecurrentStackOutput forward(const at::Tensor& input,
                               const std::vector<RecurrentState>& initial = {},
                               const at::Tensor& lengths = {});

  /// `forward` from zeros, all layers of a step before the next step. `states` receives the state
  /// after each step, T times [B, N]: every layer's h, and its c if it has one, as one tensor, from
  /// which output and later steps are computed.
  RecurrentStackOutput forward_through_states(const at::Tensor& input, const at::Tensor& lengths,
                                              std::vector<at::Tensor>& states);

  /// One step: input [B, D_in]; updates `states` and returns the last layer's output [B, D].
  at::Tensor step(const at::Tensor& input, std::vector<RecurrentState>& states);

  /// Zeros for each layer.
  std::vector<RecurrentState> initial_state(int64_t batch) const;

  /// N, the number of numbers in one row's state.
  int64_t state_size() const;

  /// `attention_between_steps`: each step waits for attention over a source.
  void describe_paths(const std::string& name, bool attention_between_steps,
                      std::vector<BlockPath>& paths) const;

  std::vector<RecurrentLayer> layers;

 private:
  void check_states(const std::vector<RecurrentState>& states) const;
  at::Tensor drop(const at::Tensor& output) const;

  RecurrentStackOptions options_;
};
TORCH_MODULE(RecurrentStack);

}  // namespace heed
