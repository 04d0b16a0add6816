#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

namespace heed {

/// An order of N things with similar ones next to each other: the leaves of the tree that
/// agglomerative clustering with average linkage (UPGMA; Sokal & Michener 1958) builds from their
/// symmetric distances [N, N]. The two nearest groups are joined first; of equally near ones those
/// with the lowest numbers, and the group with the lower number comes first. NaN counts as further
/// than any number. O(N^3). Throws std::invalid_argument for another shape.
std::vector<int64_t> cluster_order(const at::Tensor& distances);

}  // namespace heed
