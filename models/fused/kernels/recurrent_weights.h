// The weights of a recurrent layer as its passes want them, for files that are compiled once an
// instruction set.
#pragma once

#include "models/fused/kernels/packed_product.h"
#include "models/fused/kernels/recurrent.h"

namespace heed::HEED_ISA {
namespace {


inline void copy(const float* from, int64_t count, float* to) {
  if (to) __builtin_memcpy(to, from, sizeof(float) * (size_t)count);
}
inline void zero(float* to, int64_t count) {
  __builtin_memset(to, 0, sizeof(float) * (size_t)count);
}

/// Both biases, where there are any, to the blocks [saved P] whose products they belong to.
template <class Cell>
void add_biases(const RecurrentWeights& weights, float* to) {
  constexpr auto blocks = Cell::blocks;
  const int64_t width = weights.width, padded = padded_width(width);
  for (int64_t gate = 0; weights.input_bias && gate < blocks.input; ++gate)
    for (int64_t d = 0; d < width; ++d) {
      to[blocks.of_gate(gate) * padded + d] += weights.input_bias[gate * width + d];
      to[(blocks.hidden_begin + gate) * padded + d] += weights.hidden_bias[gate * width + d];
    }
}

/// Biases, then W^T and U^T packed with the gates' columns in the order of the blocks.
template <class Cell>
void pack_forward(const RecurrentWeights& weights, float* packed) {
  constexpr auto blocks = Cell::blocks;
  const int64_t width = weights.width, padded = padded_width(width);
  float* const input = packed + blocks.saved * padded;
  float* const hidden = input + blocks.input * padded * weights.input_width;
  zero(packed, packed_size(blocks, weights.input_width, width));
  add_biases<Cell>(weights, packed);
  for (int64_t gate = 0; gate < blocks.input; ++gate) {
    const int64_t from = weights.input_width;
    pack_within(from, width, {weights.input + gate * width * from, from, /*transposed=*/true},
                blocks.of_gate(gate) * padded, blocks.input * padded, input);
    pack_within(width, width, {weights.hidden + gate * width * width, width, /*transposed=*/true},
                gate * padded, blocks.hidden * padded, hidden);
  }
}

/// W and U packed block by block.
template <class Cell>
void pack_backward(const RecurrentWeights& weights, float* packed) {
  constexpr auto blocks = Cell::blocks;
  const int64_t width = weights.width, from = weights.input_width;
  const int64_t padded_from = padded_width(from), padded = padded_width(width);
  float* const hidden = packed + blocks.input * width * padded_from;
  zero(packed, packed_size(blocks, from, width));
  for (int64_t gate = 0; gate < blocks.input; ++gate) {
    pack_within(width, from, {weights.input + gate * width * from, from, /*transposed=*/false}, 0,
                padded_from, packed + blocks.of_gate(gate) * width * padded_from);
    pack_within(width, width, {weights.hidden + gate * width * width, width, /*transposed=*/false},
                0, padded, hidden + gate * width * padded);
  }
}

/// to [n] += matrix [n, depth] vector [depth], four numbers at a time.
inline void add_matrix_by_vector(int64_t n, int64_t depth, const float* matrix, const float* vector,
                                 float* to) {
  constexpr int64_t together = 4;
  for (int64_t j = 0; j < n; j += together) {
    const int64_t numbers = min(together, n - j);
    const float* rows[together];
    for (int64_t r = 0; r < together; ++r) rows[r] = matrix + (j + min(r, numbers - 1)) * depth;
    Vector sums[together] = {};
    along(depth, [&](int64_t k, int64_t count) {
      const Vector v = read(vector + k, count);
      for (int64_t r = 0; r < together; ++r) sums[r] += read(rows[r] + k, count) * v;
    });
    for (int64_t r = 0; r < numbers; ++r) to[j + r] += sum(sums[r]);
  }
}

}  // namespace
}  // namespace heed::HEED_ISA
