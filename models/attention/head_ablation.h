#pragma once

#include <ATen/ATen.h>

#include <map>

#include "models/attention/attention_recorder.h"
#include "models/sequence.h"

namespace heed {

class SequenceModel;

/// What the heads of each attention give on average, over all positions that count of all rows.
class HeadMeans : public AttentionHook {
 public:
  bool wants_weights() const override { return false; }

  /// To be called before each pass over a batch, so that padding is left out.
  void begin(const SequenceInput& input);
  at::Tensor on_head_outputs(const LayerId& layer_id, const at::Tensor& outputs) override;

  /// [H, K] of each attention.
  std::map<LayerId, at::Tensor> means() const;

 private:
  struct Sum {
    at::Tensor outputs;      // [H, K]
    double positions = 0;    // that count
    int64_t next_query = 0;  // of this pass
  };

  SequenceInput input_;
  std::map<LayerId, Sum> sums_;
};

/// Removes heads: what they give is replaced at all positions, by zero or by their mean over data
/// ("mean ablation"; zero alone takes the model far from anything it was trained on).
class HeadAblation : public AttentionHook {
 public:
  /// `replacement` [K].
  void ablate(const LayerId& layer_id, int64_t head, const at::Tensor& replacement);

  /// Shows the maps of the model without these heads to a recorder; null: to none.
  void record_into(AttentionRecorder* recorder) { recorder_ = recorder; }

  bool wants_weights() const override { return recorder_; }
  void on_weights(const LayerId& layer_id, const at::Tensor& weights,
                  const AttentionMask& mask) override;
  at::Tensor on_head_outputs(const LayerId& layer_id, const at::Tensor& outputs) override;

 private:
  AttentionRecorder* recorder_ = nullptr;
  std::map<LayerId, std::map<int64_t, at::Tensor>> replacements_;  // by head
};

/// A factor of one on what each head gives, one a row, so that the gradient with respect to it says
/// how much the head matters there (Michel et al. 2019, 1905.10650, equation 2).
class HeadMask : public AttentionHook {
 public:
  bool wants_weights() const override { return false; }
  at::Tensor on_head_outputs(const LayerId& layer_id, const at::Tensor& outputs) override;

  /// [B, H] of each attention since the last clear(); they require a gradient.
  const std::map<LayerId, at::Tensor>& masks() const { return masks_; }
  void clear() { masks_.clear(); }

 private:
  std::map<LayerId, at::Tensor> masks_;
};

}  // namespace heed
