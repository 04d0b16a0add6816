#pragma once

#include <ATen/ATen.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "models/attention_recorder.h"

namespace heed {

/// The content of an attention.npz.
struct AttentionArrays {
  std::map<AttentionKind, at::Tensor> maps = {};  ///< [L, B, H, T, S], float32 on the CPU
  std::vector<std::string> tokens = {};           ///< of the sequence
  std::vector<std::string> source_tokens = {};    ///< of its source; empty where it has none
};

/// All that was recorded, as AttentionArrays::maps.
std::map<AttentionKind, at::Tensor> recorded_maps(const AttentionRecorder& recorder);

/// The key of a kind's maps in NumPy: "attn" for a model with one stack, else the kind's name.
std::string array_name(AttentionKind kind);

/// Writes attention.npz into `folder`, which is there: a kind's maps each, "tokens", and
/// "source_tokens" where there are some. Errors as for NpzWriter.
void write_attention_arrays(const AttentionArrays& arrays, const std::filesystem::path& folder);

}  // namespace heed
