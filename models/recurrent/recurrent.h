#pragma once

#include <ATen/ATen.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <cstdint>
#include <string>
#include <vector>

namespace heed {

/// How a recurrent layer makes its next state h' from the step's input x and its state h. W and U
/// stand for a gate's weights with its bias, s for the logistic function, * for the product element
/// by element.
enum class CellKind {
  /// h' = tanh(W x + U h)  (Elman 1990, "Finding structure in time")
  tanh,
  /// r = s(W_r x + U_r h), z = s(W_z x + U_z h), n = tanh(W_n x + r * (U_n h)),
  /// h' = (1 - z) * n + z * h  (Cho et al. 2014, 1406.1078, with the reset gate r on the product
  /// U_n h and its bias, as in cuDNN and PyTorch, where the paper has it on h)
  gru,
  /// i, f, o = s(W x + U h), g = tanh(W_g x + U_g h), c' = f * c + i * g, h' = o * tanh(c')
  /// (Hochreiter & Schmidhuber 1997, with the forget gate f of Gers et al. 2000, no peepholes)
  lstm,
};

/// G, how many gates of D rows lie in a layer's weights: tanh 1, GRU 3 (r, z, n), LSTM 4 (i, f, g,
/// o).
int64_t gate_count(CellKind cell);

/// What one layer carries from step to step.
struct RecurrentState {
  at::Tensor hidden;  ///< [B, D]: h, which is also the layer's output
  at::Tensor cell;    ///< [B, D]: c of an LSTM; undefined for the others

  /// The state of these rows of the batch, `rows` [n] int64.
  RecurrentState rows(const at::Tensor& rows) const;
  /// How many numbers it holds, over all rows.
  int64_t numel() const { return hidden.numel() + (cell.defined() ? cell.numel() : 0); }
};

/// A recurrent layer's weights, in PyTorch's shapes and order of gates.
struct RecurrentParameters {
  at::Tensor weight_ih;  ///< [G D, D_in]: W
  at::Tensor weight_hh;  ///< [G D, D]: U
  at::Tensor bias_ih;    ///< [G D]: W's, undefined without bias
  at::Tensor bias_hh;    ///< [G D]: U's, undefined without bias
};

/// The values of RecurrentLayerOptions::backward.
const std::vector<std::string>& recurrent_backward_names();

struct RecurrentLayerOptions {
  CellKind cell = CellKind::tanh;
  int64_t input_width = 0;   ///< D_in
  int64_t width = 0;         ///< D
  bool bias = true;          ///< two a gate, one in W and one in U, as PyTorch has them
  double forget_bias = 1.0;  ///< where an LSTM's forget gate starts, if it has biases; 1 lets a new
                             ///< network remember (Jozefowicz et al. 2015)
  /// How it is computed: "fused", by the kernels of recurrent_function.h, forward and backward,
  /// where they serve; "autograd", by the readable steps, from which LibTorch derives the
  /// gradients.
  std::string backward = "fused";
};

struct RecurrentLayerOutput {
  at::Tensor output;     ///< [T, B, D]: h after every step, zero after those that count
  RecurrentState state;  ///< after the last step that counts
};

/// One recurrent layer. Its weights have PyTorch's names, shapes and order of gates, and start like
/// those uniform within 1 / sqrt(D). Time comes first, so that what a step reads lies in one piece.
class RecurrentLayerImpl : public torch::nn::Module {
 public:
  /// Throws std::invalid_argument if a width is less than 1.
  explicit RecurrentLayerImpl(const RecurrentLayerOptions& options);

  /// input [T, B, D_in]. `initial` is the state before the first step, {} for zeros. `lengths` [B]
  /// int64 says how many steps of each row count, 0 to T, undefined: all of them; a row keeps its
  /// state after those. Throws std::invalid_argument where the shapes or lengths do not fit.
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
  bool is_fused(const at::Tensor& input, const RecurrentState& state) const;
  at::Tensor input_product(const at::Tensor& input) const;
  RecurrentState next_state(const at::Tensor& product, const at::Tensor& weight,
                            const RecurrentState& state) const;
  RecurrentState checked(const RecurrentState& state, int64_t batch) const;

  RecurrentLayerOptions options_;
};
TORCH_MODULE(RecurrentLayer);

struct RecurrentStackOptions {
  RecurrentLayerOptions layer;  ///< the first; each one above reads the D outputs of the one below
  int64_t layers = 1;           ///< L
  double dropout = 0;           ///< between two layers, not after the last, while training
};

struct RecurrentStackOutput {
  at::Tensor output;                   ///< [B, T, D]: of the last layer, zero at padded positions
  std::vector<RecurrentState> states;  ///< of each layer, after each row's last step that counts
};

/// L recurrent layers, one above the other.
class RecurrentStackImpl : public torch::nn::Module {
 public:
  /// Throws std::invalid_argument if there is no layer or a width is less than 1.
  explicit RecurrentStackImpl(const RecurrentStackOptions& options);

  /// input [B, T, D_in]; `initial` holds a state a layer, or nothing for zeros; `lengths` and
  /// errors as for a layer.
  RecurrentStackOutput forward(const at::Tensor& input,
                               const std::vector<RecurrentState>& initial = {},
                               const at::Tensor& lengths = {});

  /// `forward` from zeros, all layers of a step before the next step. `states` receives the state
  /// after each step, T times [B, N]: every layer's h, and its c if it has one, as one tensor, from
  /// which output and later steps are computed.
  RecurrentStackOutput forward_through_states(const at::Tensor& input, const at::Tensor& lengths,
                                              std::vector<at::Tensor>& states);

  /// One step: input [B, D_in]; moves `states` on and returns the last layer's output [B, D].
  at::Tensor step(const at::Tensor& input, std::vector<RecurrentState>& states);

  /// Zeros for each layer.
  std::vector<RecurrentState> initial_state(int64_t batch) const;

  /// N, how many numbers one row's state has.
  int64_t state_size() const;

  std::vector<RecurrentLayer> layers;

 private:
  void check_states(const std::vector<RecurrentState>& states) const;
  at::Tensor drop(const at::Tensor& output) const;

  RecurrentStackOptions options_;
};
TORCH_MODULE(RecurrentStack);

}  // namespace heed
