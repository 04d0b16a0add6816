#pragma once

#include <ATen/ATen.h>

#include "src/analysis/head_maps.h"

namespace heed {

// Patterns say which keys each query of a sentence would attend to if the head followed its tokens.
// They are bool [B or 1, T, T], queries by keys; `tokens` are int64 [B, T].

/// Earlier positions of the query's own token: k < q, token[k] = token[q].
at::Tensor earlier_same(const at::Tensor& tokens);

/// The positions after those: token[k - 1] = token[q], k - 1 < q. Hence k <= q; k = q where a token
/// directly follows itself.
at::Tensor after_earlier_same(const at::Tensor& tokens);

/// The mean weight on the keys of a pattern, over the queries that have any: [B, H] double.
at::Tensor mass_on(const at::Tensor& pattern, const HeadMaps& maps);

/// The share of the whole weight that falls on a pattern, the error measure "mul" of
/// TransformerLens' head detection: [B, H] double. Unlike in mass_on(), queries for which the
/// pattern has no key count.
at::Tensor share_on(const at::Tensor& pattern, const HeadMaps& maps);

}  // namespace heed
