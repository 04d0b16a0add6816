#pragma once

#include <string>

namespace heed {

/// A grid that takes one second: two models, two seeds.
inline const std::string tiny_grid = R"(# Who remembers two symbols?
seeds = [1, 2]
[task]
kind = "selective-copy"
symbols = 2
blanks = 6
evaluation_rows = 32
[train]
steps = 12
batch = 8
eval_every = 4
checkpoint_every = 4
threads = 1
[models.recurrent]
model.kind = "gru"
model.d_model = 8
[models.attention]
model.kind = "transformer"
model.layers = 1
model.heads = 2
model.d_model = 8
model.position = "sinusoidal"
)";

}  // namespace heed
