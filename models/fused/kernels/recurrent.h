#pragma once

#include <cstdint>

#include "models/fused/kernels/instruction_set.h"

namespace heed {

/// A step of a recurrent layer saves blocks of P numbers per row, where P is the width D
/// rounded up so that a block is made of whole vectors. W x adds to the first `input` blocks, U h
/// to `hidden` blocks from the one at `hidden_begin` on. Letters as in CellKind:
///
///   tanh: h    GRU: n, r, z, u with u = U_n h and its bias, so that both products fill blocks in
///   a row    LSTM: i, f, g, o, c
struct RecurrentBlocks {
  int64_t input, hidden_begin, hidden;
  int64_t saved;        ///< in all
  int64_t derivatives;  ///< those whose gradient before their activation the backward pass gives

  /// The block of W x that belongs to the layer's gate number `gate`, of `input` gates.
  int64_t of_gate(int64_t gate) const { return (gate + hidden_begin) % input; }
};
constexpr RecurrentBlocks tanh_blocks{1, 0, 1, 1, 1};
constexpr RecurrentBlocks gru_blocks{3, 1, 3, 4, 4};
constexpr RecurrentBlocks lstm_blocks{4, 0, 4, 5, 4};

/// P
constexpr int64_t padded_width(int64_t width) { return (width + 15) / 16 * 16; }

/// A layer's weights: [G D, D_in], [G D, D], and two biases [G D] or null.
struct RecurrentWeights {
  int64_t input_width, width;
  const float *input, *hidden, *input_bias, *hidden_bias;
};

/// The sequence and what the forward pass makes of it. Time is the first dimension of all that has
/// one; all tensors are contiguous.
struct RecurrentForward {
  int64_t steps, batch, input_width, width;
  const float* input;           ///< [T, B, D_in]
  const float* initial_hidden;  ///< [B, D]
  const float* initial_cell;    ///< [B, D], null but for the LSTM
  const int64_t* lengths;       ///< [B], how many steps of each row count; null: all
  const float* packed;          ///< by pack_forward
  float* output;                ///< [T, B, D]
  float* last_hidden;           ///< [B, D]
  float* last_cell;             ///< [B, D], null but for the LSTM
  float* saved;                 ///< [T, B, saved P]; null: nothing is saved, and there is `scratch`
  float* scratch;               ///< for this call alone, forward_scratch(rows) numbers
};

/// What the backward pass reads and makes. It may be called for a part of the steps, the last part
/// first: the gradients of the states go in and come out.
struct RecurrentBackward {
  int64_t begin, end;  ///< of the steps
  int64_t batch, input_width, width;
  const float* output;           ///< [T, B, D]
  const float* saved;            ///< [T, B, saved P]; null for tanh
  const float* initial_hidden;   ///< [B, D]
  const float* initial_cell;     ///< [B, D], null but for the LSTM
  const int64_t* lengths;        ///< [B] or null
  const float* packed;           ///< by pack_backward
  const float* output_gradient;  ///< [T, B, D] with these strides, or null
  int64_t output_gradient_step, output_gradient_row;
  float* hidden_gradient;  ///< [B, P]: of the state after `end`, then of that before `begin`
  float* cell_gradient;    ///< likewise, null but for the LSTM
  float* derivatives;      ///< [end - begin, B, derivatives P]
  float* input_gradient;   ///< [T, B, D_in], or null if not needed
  float* scratch;          ///< for this call alone, backward_scratch(rows) numbers
};

/// One step of a few rows, for which packing the weights would take longer than their use.
struct RecurrentStep {
  RecurrentWeights weights;
  int64_t rows;
  const float *input, *hidden, *cell;  ///< [rows, D_in], [rows, D], and [rows, D] or null
  float *next_hidden, *next_cell;      ///< [rows, D], the second null but for the LSTM
  float* scratch;                      ///< 2 saved P numbers
};

/// A whole sequence, for the rows `first` to `last` of the batch, on this thread.
struct RecurrentCellKernels {
  void (*pack_forward)(const RecurrentWeights& weights, float* packed);
  void (*pack_backward)(const RecurrentWeights& weights, float* packed);
  void (*forward)(const RecurrentForward& pass, int64_t first, int64_t last);
  void (*backward)(const RecurrentBackward& pass, int64_t first, int64_t last);
  void (*step)(const RecurrentStep& one);
};

struct RecurrentKernels {
  RecurrentCellKernels tanh, gru, lstm;

  /// C [m, n] += A^T B, A [depth, m], B [depth, n], for the columns `first` to `last` of C, both
  /// multiples of 16, on this thread. `sums` [n] += B summed over its rows. Rows are a_row, b_row,
  /// c_row apart; B is read, and C and `sums` are written, in whole vectors.
  void (*add_outer_products)(int64_t depth, int64_t m, const float* a, int64_t a_row,
                             const float* b, int64_t b_row, int64_t first, int64_t last, float* c,
                             int64_t c_row, float* sums);
};

HEED_KERNEL_FAMILY(RecurrentKernels, recurrent_kernels)

/// How many steps' products with W are taken at once, so that few rows still use a block of W often
/// while it is in the cache.
constexpr int64_t recurrent_steps_at_once(int64_t rows) { return rows < 48 ? 48 / rows : 1; }

/// Sizes of the workspaces of a layer's passes, in numbers.
constexpr int64_t packed_size(const RecurrentBlocks& blocks, int64_t input_width, int64_t width) {
  const int64_t padded = padded_width(width);
  return padded *
         (blocks.saved + blocks.input * padded_width(input_width) + blocks.hidden * padded);
}
constexpr int64_t forward_scratch(const RecurrentBlocks& blocks, int64_t width, int64_t rows) {
  return recurrent_steps_at_once(rows) * rows * blocks.saved * padded_width(width);
}
constexpr int64_t backward_scratch(int64_t input_width, int64_t rows) {
  return recurrent_steps_at_once(rows) * rows * padded_width(input_width);
}

}  // namespace heed
