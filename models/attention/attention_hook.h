#pragma once

#include <ATen/ATen.h>

#include <compare>
#include <cstdint>
#include <string>

#include "models/attention/attention.h"
#include "models/attention/attention_scope.h"

namespace heed {

/// self: of a model with one stack. An encoder-decoder model has three: its encoder's and its
/// decoder's self-attention, and cross-attention, from the decoder to the encoder.
enum class AttentionKind { self, encoder, decoder, cross };

std::string to_string(AttentionKind kind);

/// One attention of a model.
struct AttentionPlace {
  AttentionKind kind = AttentionKind::self;
  int64_t layer = 0;  ///< counted from 0, within its kind
  auto operator<=>(const AttentionPlace&) const = default;
};

/// Looks on while a model attends, or takes a hand in it. It is given to `forward` as a pointer;
/// where that is null nothing is kept, copied or changed. A pass calls it once an attention,
/// an incremental step with T = 1; an attention that goes step by step (of recurrent decoders) once
/// a step.
class AttentionProbe {
 public:
  virtual ~AttentionProbe() = default;

  /// Whether on_weights() is of use; else the weights need not be kept.
  virtual bool wants_weights() const { return true; }

  /// What the heads really used, [B, H, T, S], after mask and softmax, before dropout; and the keys
  /// that they were allowed.
  virtual void on_weights(const AttentionPlace&, const at::Tensor&, const AttentionScope&) {}

  /// What the heads found, [B, H, T, K], before it is joined and projected; what is returned goes
  /// on in its place.
  virtual at::Tensor on_outputs(const AttentionPlace&, const at::Tensor& outputs) {
    return outputs;
  }
};

/// Who looks on at one attention, if anyone, and which one it is.
struct AttentionSite {
  AttentionProbe* probe = nullptr;
  AttentionPlace place = {};

  bool wants_weights() const { return probe && probe->wants_weights(); }
  /// Shows the probe what attention found within `scope`, and returns what is to go on.
  AttentionResult shown(AttentionResult attended, const AttentionScope& scope) const;
};

}  // namespace heed
