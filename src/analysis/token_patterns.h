#pragma once

#include <ATen/ATen.h>

namespace heed {

// Which keys each query of a sentence would look at if it followed its tokens. `tokens` [B, T]
// int64; the results are bool [B, T, T], queries by keys.

/// Earlier positions of the query's own token: k < q, token[k] = token[q].
at::Tensor earlier_same(const at::Tensor& tokens);

/// What came next after those: token[k - 1] = token[q], k - 1 < q. Hence k <= q; k = q where the
/// query's token has just been said twice.
at::Tensor after_earlier_same(const at::Tensor& tokens);

}  // namespace heed
