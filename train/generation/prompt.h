#pragma once

#include <ATen/ATen.h>

#include <memory>
#include <vector>

#include "models/sequence.h"

namespace heed {

class AttentionHook;
class SequenceModel;

/// What a model goes on from: a prompt, or a source and the token that stands before a target.
struct Prompt {
  std::vector<int64_t> tokens = {};  ///< at least one
  SequenceInput source = {};         ///< source [1, S], for models that read one
};

/// One row that has been read and waits for its next token.
struct Reading {
  std::unique_ptr<SequenceState> state;
  at::Tensor output;  ///< [1, V]: the answer to the last token
};

/// Reads a prompt. Throws std::invalid_argument if it has no token.
Reading prefill(SequenceModel& model, const Prompt& prompt, AttentionHook* hook = nullptr);

/// One token a row, [tokens], on the model's device; also the row numbers of SequenceState::select.
at::Tensor row_tensor(const SequenceModel& model, const std::vector<int64_t>& values);

}  // namespace heed
