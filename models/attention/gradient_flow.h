#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "models/sequence.h"

namespace heed {

class SequenceModel;

/// How strongly a loss depends on the input `distance` positions earlier: norms of its gradients,
/// by distance. Where they vanish, nothing can be learnt over that distance; where they explode,
/// training is unstable (Hochreiter 1991; Bengio, Simard & Frasconi 1994; Pascanu, Mikolov & Bengio
/// 2013, 1211.5063).
struct GradientFlow {
  std::vector<int64_t> distances;  ///< 0, 1, ... to the longest of any row
  /// For each distance: the norm of d loss / d embedded input there, averaged over the rows that
  /// are long enough, divided by input_scale. All zero if no gradient arrives.
  std::vector<double> input;
  double input_scale = 0;  ///< the largest of these means
  /// The same for the hidden state after that position: the total derivative by all layers' states
  /// together, of an LSTM both h and c. For an encoder-decoder, the encoder's state. Empty for
  /// models without a hidden state.
  std::vector<double> state;
  double state_scale = 0;
};

/// One forward and one backward pass in evaluation mode; the model's mode and its parameters'
/// gradients stay the same. `loss_of_rows` computes the losses [B] from the model's output, each
/// from its own row only. `end` [B] int64 is the position of each row with distance 0: the position
/// of the loss or, for models that read a source, the source's last. Later positions are ignored. A
/// norm that is NaN or beyond the largest float32 becomes the largest float32. Throws
/// std::invalid_argument if `end` or the losses do not fit.
GradientFlow gradient_flow(SequenceModel& model, const SequenceInput& input,
                           const std::function<at::Tensor(const at::Tensor& output)>& loss_of_rows,
                           const at::Tensor& end);

}  // namespace heed
