#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

namespace heed {

/// An order of N things in which those that are alike stand together: the leaves of the tree that
/// agglomerative clustering with average linkage (UPGMA; Sokal & Michener 1958) makes of their
/// distances [N, N], symmetric. The two nearest groups are joined first; of equally near ones those
/// that hold the lowest numbers, and the group with the lower number stands first. NaN counts as
/// further than any number. O(N^3). Throws std::invalid_argument for another shape.
std::vector<int64_t> cluster_order(const at::Tensor& distances);

}  // namespace heed
