#pragma once

#include <ATen/ATen.h>

#include <compare>
#include <cstdint>
#include <string>

#include "models/attention/attention.h"
#include "models/attention/attention_mask.h"

namespace heed {

/// Models with one stack have only self-attention. An encoder-decoder model has three kinds: its
/// encoder's and its decoder's self-attention, and cross-attention, from the decoder to the
/// encoder.
enum class AttentionKind { self, encoder, decoder, cross };

std::string to_string(AttentionKind kind);

/// One attention of a model.
struct LayerId {
  AttentionKind kind = AttentionKind::self;
  int64_t layer = 0;  ///< counted from 0, within its kind
  auto operator<=>(const LayerId&) const = default;
};

/// Observes or replaces what attention layers compute. It is passed to `forward` as a pointer; if
/// that is null nothing is kept, copied or changed. A pass calls it once per attention, an
/// incremental step with T = 1; the attention of recurrent decoders calls it once per step.
class AttentionHook {
 public:
  virtual ~AttentionHook() = default;

  /// Whether on_weights() is needed; if not, the weights need not be kept.
  virtual bool wants_weights() const { return true; }

  /// The heads' weights [B, H, T, S], after mask and softmax, before dropout; and the mask.
  virtual void on_weights(const LayerId&, const at::Tensor&, const AttentionMask&) {}

  /// The heads' outputs [B, H, T, K], before they are combined and projected. The returned tensor
  /// replaces them.
  virtual at::Tensor on_head_outputs(const LayerId&, const at::Tensor& outputs) { return outputs; }
};

/// The hook of one attention, which may be null, and the attention's id.
struct HookPoint {
  AttentionHook* hook = nullptr;
  LayerId layer_id = {};

  bool wants_weights() const { return hook && hook->wants_weights(); }
  /// Passes the result of attention within `mask` to the hook, and returns it with the outputs that
  /// the hook returns.
  AttentionResult run_hook(AttentionResult attended, const AttentionMask& mask) const;
};

}  // namespace heed
