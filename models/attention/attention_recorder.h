#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "models/attention/attention_hook.h"

namespace heed {

/// One attention's maps of one forward pass.
struct AttentionRecord {
  LayerId layer_id = {};
  at::Tensor weights;       ///< [B, H, T, S]: head h's weights at index h
  AttentionMask mask = {};  ///< which keys were allowed
};

/// Keeps the heads' weights after mask and softmax, before dropout, detached.
class AttentionRecorder : public AttentionHook {
 public:
  void on_weights(const LayerId& layer_id, const at::Tensor& weights,
                  const AttentionMask& mask) override;
  void record(const LayerId& layer_id, const at::Tensor& weights) {
    on_weights(layer_id, weights, {});
  }

  const std::vector<AttentionRecord>& records() const { return records_; }
  void clear() { records_.clear(); }

  /// The kinds that were recorded, in the order above.
  std::vector<AttentionKind> kinds() const;

  /// The maps of one kind as [L, B, H, T, S], in the order of the layers. Rows recorded in
  /// incremental steps are combined: S is the last row's, shorter rows are padded with zeros.
  /// Throws std::logic_error if nothing of that kind was recorded.
  at::Tensor stacked(AttentionKind kind) const;

  /// Which keys the first layer of that kind allowed: bool [B or 1, H or 1, T, S], of one pass.
  at::Tensor allowed(AttentionKind kind) const;

 private:
  std::vector<AttentionRecord> records_;
};

}  // namespace heed
