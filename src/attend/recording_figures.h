#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "src/files/attention_arrays.h"

namespace heed {

/// Draws a figure a layer and kind into `folder`, which is there: layer0.png, cross_layer0.svg.
/// `name` appears in the titles. Rows of cross-attention are named by what was written there. Errors
/// as for write_attention_figure.
void draw_recording(const AttentionArrays& arrays, const std::string& name,
                    const std::filesystem::path& folder);

/// Draws the rollout (src/analysis/rollout.h) of each kind of self-attention, a map a layer, as
/// rollout or rollout_KIND. The layers must be all of the model's. Returns the paths without
/// ending.
std::vector<std::filesystem::path> draw_rollout(const AttentionArrays& arrays,
                                                const std::string& name,
                                                const std::filesystem::path& folder);

}  // namespace heed
