#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "models/sequence.h"

namespace heed {

class SequenceModel;

/// How strongly the loss of an answer depends on what was read `distance` positions earlier: norms
/// of its gradients, by distance. Where they vanish nothing can be learnt from so far back, where
/// they explode training is unstable (Hochreiter 1991; Bengio, Simard & Frasconi 1994; Pascanu,
/// Mikolov & Bengio 2013, 1211.5063).
struct GradientFlow {
  std::vector<int64_t> distances;  ///< 0, 1, ... to the longest of any row
  /// Of each distance: the norm of d loss / d embedded input there, mean over the rows that reach
  /// so far back, divided by input_scale. All zero where no gradient arrives.
  std::vector<double> input;
  double input_scale = 0;  ///< the largest of these means
  /// The same for the hidden state after the position that was read, the total derivative by all
  /// layers' states together, of an LSTM both h and c. Of an encoder-decoder it is the encoder's.
  /// Empty for models without a hidden state.
  std::vector<double> state;
  double state_scale = 0;
};

/// One forward and one backward pass, in evaluation mode; the model's mode and its parameters'
/// gradients stay as they were. `loss_of_rows` makes of the model's output the losses [B] to
/// measure, each of its own row alone. `end` [B] int64 says where in each row distance 0 lies: the
/// position of the answer that is measured, or, for models that read a source, the source's last.
/// What stands behind it does not count. A norm that is no number, or beyond the largest float32,
/// counts as that one.
/// Throws std::invalid_argument where `end` or the losses do not fit.
GradientFlow gradient_flow(SequenceModel& model, const SequenceInput& input,
                           const std::function<at::Tensor(const at::Tensor& output)>& loss_of_rows,
                           const at::Tensor& end);

}  // namespace heed
