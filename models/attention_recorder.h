#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <vector>

namespace heed {

/// self: of a model with one stack. An encoder-decoder model has three: its encoder's and its
/// decoder's self-attention, and cross-attention, from the decoder to the encoder.
enum class AttentionKind { self, encoder, decoder, cross };

std::string to_string(AttentionKind kind);

/// One layer's attention maps of one forward pass.
struct AttentionRecord {
  int64_t layer = 0;  ///< counted from 0, within its kind
  AttentionKind kind = AttentionKind::self;
  at::Tensor weights;  ///< [B, H, T, S]: head h's weights at index h
};

/// Keeps what the heads really used: weights after mask and softmax, before dropout, detached. It
/// is handed to `forward` as a pointer; where that is null nothing is kept and nothing is copied.
class AttentionRecorder {
 public:
  void record(int64_t layer, AttentionKind kind, const at::Tensor& weights);
  const std::vector<AttentionRecord>& records() const { return records_; }
  void clear() { records_.clear(); }

  /// The kinds that were recorded, in the order above.
  std::vector<AttentionKind> kinds() const;

  /// The maps of one kind as [L, B, H, T, S], in the order of the layers. What incremental steps
  /// recorded, a row each, is put together: S is the last row's, shorter ones are zero behind.
  /// Throws std::logic_error if nothing of that kind was recorded.
  at::Tensor stacked(AttentionKind kind) const;

 private:
  std::vector<AttentionRecord> records_;
};

}  // namespace heed
