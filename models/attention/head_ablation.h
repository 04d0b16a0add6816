#pragma once

#include <ATen/ATen.h>

#include <map>

#include "models/attention/attention_recorder.h"
#include "models/sequence.h"

namespace heed {

class SequenceModel;

/// The mean output of each head of each attention, over all valid positions of all rows.
class HeadMeans : public AttentionHook {
 public:
  bool wants_weights() const override { return false; }

  /// Call it before each pass over a batch, so that padding is left out.
  void begin(const SequenceInput& input);
  at::Tensor on_head_outputs(const LayerId& layer_id, const at::Tensor& outputs) override;

  /// [H, K] of each attention.
  std::map<LayerId, at::Tensor> means() const;

 private:
  struct Sum {
    at::Tensor outputs;      // [H, K]
    double positions = 0;    // valid ones
    int64_t next_query = 0;  // of this pass
  };

  SequenceInput input_;
  std::map<LayerId, Sum> sums_;
};

/// Ablates heads: replaces their outputs at all positions by a vector, zero or their mean over data
/// ("mean ablation"; zero takes the model far from anything it was trained on).
class HeadAblation : public AttentionHook {
 public:
  /// `replacement` [K].
  void ablate(const LayerId& layer_id, int64_t head, const at::Tensor& replacement);

  /// Passes the maps of the ablated model to a recorder; null: to none.
  void record_into(AttentionRecorder* recorder) { recorder_ = recorder; }

  bool wants_weights() const override { return recorder_; }
  void on_weights(const LayerId& layer_id, const at::Tensor& weights,
                  const AttentionMask& mask) override;
  at::Tensor on_head_outputs(const LayerId& layer_id, const at::Tensor& outputs) override;

 private:
  AttentionRecorder* recorder_ = nullptr;
  std::map<LayerId, std::map<int64_t, at::Tensor>> replacements_;  // by head
};

/// Multiplies each head's output by a factor of one per row. The gradient with respect to it
/// measures the head's importance in that row (Michel et al. 2019, 1905.10650, equation 2).
class HeadMask : public AttentionHook {
 public:
  bool wants_weights() const override { return false; }
  at::Tensor on_head_outputs(const LayerId& layer_id, const at::Tensor& outputs) override;

  /// The factors [B, H] of each attention since the last clear(); they require a gradient.
  const std::map<LayerId, at::Tensor>& masks() const { return masks_; }
  void clear() { masks_.clear(); }

 private:
  std::map<LayerId, at::Tensor> masks_;
};

}  // namespace heed
