#pragma once

#include <ATen/ATen.h>

#include <compare>
#include <cstdint>
#include <string>

#include "models/attention/attention.h"
#include "models/attention/attention_mask.h"

namespace heed {

/// self: of a model with one stack. An encoder-decoder model has three: its encoder's and its
/// decoder's self-attention, and cross-attention, from the decoder to the encoder.
enum class AttentionKind { self, encoder, decoder, cross };

std::string to_string(AttentionKind kind);

/// One attention of a model.
struct LayerId {
  AttentionKind kind = AttentionKind::self;
  int64_t layer = 0;  ///< counted from 0, within its kind
  auto operator<=>(const LayerId&) const = default;
};

/// Looks on while a model attends, or takes a hand in it. It is given to `forward` as a pointer;
/// where that is null nothing is kept, copied or changed. A pass calls it once an attention,
/// an incremental step with T = 1; an attention that goes step by step (of recurrent decoders) once
/// a step.
class AttentionHook {
 public:
  virtual ~AttentionHook() = default;

  /// Whether on_weights() is of use; else the weights need not be kept.
  virtual bool wants_weights() const { return true; }

  /// What the heads really used, [B, H, T, S], after mask and softmax, before dropout; and the keys
  /// that they were allowed.
  virtual void on_weights(const LayerId&, const at::Tensor&, const AttentionMask&) {}

  /// What the heads found, [B, H, T, K], before the heads are combined and projected; what is
  /// returned goes on in its place.
  virtual at::Tensor on_head_outputs(const LayerId&, const at::Tensor& outputs) { return outputs; }
};

/// Who looks on at one attention, if anyone, and which one it is.
struct HookPoint {
  AttentionHook* hook = nullptr;
  LayerId layer_id = {};

  bool wants_weights() const { return hook && hook->wants_weights(); }
  /// Shows the hook what attention found within `mask`, and returns what is to go on.
  AttentionResult run_hook(AttentionResult attended, const AttentionMask& mask) const;
};

}  // namespace heed
