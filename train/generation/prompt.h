#pragma once

#include <ATen/ATen.h>

#include <memory>
#include <vector>

#include "models/sequence.h"

namespace heed {

class AttentionHook;
class SequenceModel;

/// What generation starts from: tokens, or a source and the start token of its target.
struct Prompt {
  std::vector<int64_t> tokens = {};  ///< at least one
  SequenceInput source = {};         ///< [1, S], for models that read a source
};

/// The state of a model after a prompt.
struct Reading {
  std::unique_ptr<SequenceState> state;
  at::Tensor output;  ///< [1, V]: the output for the last token
};

/// Reads a prompt. Throws std::invalid_argument if it has no token.
Reading prefill(SequenceModel& model, const Prompt& prompt, AttentionHook* hook = nullptr);

/// Numbers on the model's device, [rows]: one token per row, or the rows for SequenceState::select.
at::Tensor row_tensor(const SequenceModel& model, const std::vector<int64_t>& values);

}  // namespace heed
