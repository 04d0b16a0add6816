#pragma once

#include <cstdint>
#include <vector>

namespace heed {

/// The slope of each head: 2^(-8 h / H) for h = 1 ... H where H is a power of two; else those of
/// the next lower power P, followed by every second one of 2 P (2108.12409, section 3 and its
/// footnote).
std::vector<double> alibi_slopes(int64_t heads);

}  // namespace heed
