#include "models/fused/kernels/recurrent.h"

#include "models/fused/kernels/recurrent_cells.h"
#include "models/fused/kernels/recurrent_weights.h"

namespace heed::HEED_ISA {
namespace {

inline int64_t get_length(const int64_t* lengths, int64_t row, int64_t steps) {
  return lengths ? min(lengths[row], steps) : steps;
}

inline int64_t find_longest(const int64_t* lengths, int64_t first, int64_t last, int64_t steps) {
  int64_t longest = lengths ? 0 : steps;
  for (int64_t row = first; lengths && row < last; ++row)
    if (lengths[row] > longest) longest = lengths[row];
  return min(longest, steps);
}

// The activations of step t, whose products are there. `at_step` are the blocks of the first row.
template <class Cell>
void advance_rows(const RecurrentForward& pass, int64_t t, int64_t first, int64_t last,
                  float* at_step, const float* before_step) {
  constexpr auto blocks = Cell::blocks;
  const int64_t width = pass.width, padded = padded_width(width);
  for (int64_t row = first; row < last; ++row) {
    const int64_t length = get_length(pass.lengths, row, pass.steps);
    float* const hidden = pass.output + (t * pass.batch + row) * width;
    if (t >= length) {
      zero(hidden, width);
      continue;
    }
    float* const saved = at_step + (row - first) * blocks.saved * padded;
    const float* const cell_before = !pass.initial_cell ? nullptr
                                     : t > 0
                                         ? before_step + ((row - first) * blocks.saved + 4) * padded
                                         : pass.initial_cell + row * width;
    const float* const hidden_before =
        t > 0 ? hidden - pass.batch * width : pass.initial_hidden + row * width;
    Cell::advance(width, padded, pass.packed, saved, hidden_before, cell_before, hidden);
    if (t + 1 < length) continue;
    copy(hidden, width, pass.last_hidden + row * width);
    if (pass.last_cell) copy(saved + 4 * padded, width, pass.last_cell + row * width);
  }
}

template <class Cell>
void forward(const RecurrentForward& pass, int64_t first, int64_t last) {
  constexpr auto blocks = Cell::blocks;
  const int64_t width = pass.width, padded = padded_width(width), rows = last - first;
  const int64_t longest = find_longest(pass.lengths, first, last, pass.steps);
  const int64_t at_once = recurrent_steps_at_once(rows);
  const float* const input_weight = pass.packed + blocks.saved * padded;
  const float* const hidden_weight = input_weight + blocks.input * padded * pass.input_width;
  const int64_t saved_row = blocks.saved * padded;
  const int64_t saved_step = (pass.saved ? pass.batch : rows) * saved_row;
  float* const saved_first = pass.saved ? pass.saved + first * saved_row : pass.scratch;
  const auto saved = [&](int64_t t) {
    return saved_first + (pass.saved ? t : (t + at_once) % at_once) * saved_step;
  };
  for (int64_t begin = 0; begin < longest; begin += at_once) {
    const int64_t steps = min(at_once, longest - begin);
    const float* const input = pass.input + (begin * pass.batch + first) * pass.input_width;
    product_of_steps<Into::set>(steps, rows, pass.input_width, blocks.input * padded,
                                ByRows<float>{input, pass.input_width},
                                pass.batch * pass.input_width, input_weight, saved(begin),
                                saved_step, saved_row);
    for (int64_t t = begin; t < begin + steps; ++t) {
      const float* const before =
          (t > 0 ? pass.output + (t - 1) * pass.batch * width : pass.initial_hidden) +
          first * width;
      // Blocks without a W x begin from zero.
      for (int64_t row = 0; blocks.hidden_begin > 0 && row < rows; ++row)
        zero(saved(t) + row * saved_row + blocks.input * padded, blocks.hidden_begin * padded);
      product_of_steps<Into::add>(1, rows, width, blocks.hidden * padded,
                                  ByRows<float>{before, width}, 0, hidden_weight,
                                  saved(t) + blocks.hidden_begin * padded, 0, saved_row);
      advance_rows<Cell>(pass, t, first, last, saved(t), t > 0 ? saved(t - 1) : nullptr);
    }
  }
  for (int64_t t = longest; t < pass.steps; ++t)
    zero(pass.output + (t * pass.batch + first) * width, rows * width);
  for (int64_t row = first; row < last; ++row)
    if (get_length(pass.lengths, row, pass.steps) == 0) {
      copy(pass.initial_hidden + row * width, width, pass.last_hidden + row * width);
      if (pass.last_cell)
        copy(pass.initial_cell + row * width, width, pass.last_cell + row * width);
    }
}

// The derivatives of step t, and what of the states' gradients does not pass through a product.
template <class Cell>
void retreat_rows(const RecurrentBackward& pass, int64_t t, int64_t first, int64_t last,
                  float* derivatives) {
  constexpr auto blocks = Cell::blocks;
  const int64_t width = pass.width, padded = padded_width(width);
  for (int64_t row = first; row < last; ++row, derivatives += blocks.derivatives * padded) {
    if (t >= get_length(pass.lengths, row, pass.end)) {
      zero(derivatives, blocks.derivatives * padded);
      continue;
    }
    const int64_t place = t * pass.batch + row;
    const float* const hidden = pass.output + place * width;
    const float* const saved = pass.saved ? pass.saved + place * blocks.saved * padded : nullptr;
    const RecurrentRow at{
        .saved = saved,
        .hidden = hidden,
        .hidden_before = t > 0 ? hidden - pass.batch * width : pass.initial_hidden + row * width,
        .cell_before = !pass.initial_cell ? nullptr
                       : t > 0            ? saved + (4 - pass.batch * blocks.saved) * padded
                                          : pass.initial_cell + row * width,
        .output_gradient = pass.output_gradient
                               ? pass.output_gradient + t * pass.output_gradient_step +
                                     row * pass.output_gradient_row
                               : nullptr,
        .hidden_gradient = pass.hidden_gradient + row * padded,
        .cell_gradient = pass.cell_gradient ? pass.cell_gradient + row * padded : nullptr,
        .derivatives = derivatives};
    Cell::retreat(width, padded, at);
  }
}

// dx of some steps from their derivatives.
template <class Cell>
void input_gradients(const RecurrentBackward& pass, int64_t begin, int64_t steps, int64_t first,
                     int64_t rows, const float* derivatives, int64_t derivatives_step) {
  constexpr auto blocks = Cell::blocks;
  const int64_t width = pass.width, padded = padded_width(width), from = pass.input_width;
  const int64_t padded_from = padded_width(from);
  float* const gradient = pass.input_gradient + (begin * pass.batch + first) * from;
  const bool whole = padded_from == from;  // else by way of the scratch, whose rows are padded
  float* const c = whole ? gradient : pass.scratch;
  const int64_t c_step = whole ? pass.batch * from : rows * padded_from;
  for (int64_t block = 0; block < blocks.input; ++block) {
    const auto into = block == 0 ? product_of_steps<Into::set, ByRows<float>, float>
                                 : product_of_steps<Into::add, ByRows<float>, float>;
    into(steps, rows, width, padded_from,
         {derivatives + block * padded, blocks.derivatives * padded}, derivatives_step,
         pass.packed + block * width * padded_from, c, c_step, padded_from);
  }
  for (int64_t s = 0; !whole && s < steps; ++s)
    for (int64_t row = 0; row < rows; ++row)
      copy(c + s * c_step + row * padded_from, from, gradient + (s * pass.batch + row) * from);
}

template <class Cell>
void backward(const RecurrentBackward& pass, int64_t first, int64_t last) {
  constexpr auto blocks = Cell::blocks;
  const int64_t width = pass.width, padded = padded_width(width), rows = last - first;
  const int64_t at_once = recurrent_steps_at_once(rows);
  const float* const hidden_weight =
      pass.packed + blocks.input * width * padded_width(pass.input_width);
  const int64_t derivatives_row = blocks.derivatives * padded,
                derivatives_step = pass.batch * derivatives_row;
  const auto derivatives = [&](int64_t t) {
    return pass.derivatives + (t - pass.begin) * derivatives_step + first * derivatives_row;
  };
  for (int64_t end = pass.end; end > pass.begin;) {
    const int64_t begin = end - min(at_once, end - pass.begin);
    for (int64_t t = end - 1; t >= begin; --t) {
      retreat_rows<Cell>(pass, t, first, last, derivatives(t));
      for (int64_t block = 0; block < blocks.hidden; ++block)
        product_of_steps<Into::add>(
            1, rows, width, padded,
            ByRows<float>{derivatives(t) + (blocks.hidden_begin + block) * padded, derivatives_row},
            0, hidden_weight + block * width * padded, pass.hidden_gradient + first * padded, 0,
            padded);
    }
    if (pass.input_gradient)
      input_gradients<Cell>(pass, begin, end - begin, first, rows, derivatives(begin),
                            derivatives_step);
    end = begin;
  }
}

template <class Cell>
void step(const RecurrentStep& one) {
  constexpr auto blocks = Cell::blocks;
  const auto& weights = one.weights;
  const int64_t width = weights.width, padded = padded_width(width), from = weights.input_width;
  float* const saved = one.scratch;
  float* const bias = saved + blocks.saved * padded;
  zero(bias, blocks.saved * padded);
  add_biases<Cell>(weights, bias);
  for (int64_t row = 0; row < one.rows; ++row) {
    const float* const hidden = one.hidden + row * width;
    zero(saved, blocks.saved * padded);
    for (int64_t gate = 0; gate < blocks.input; ++gate) {
      add_matrix_by_vector(width, from, weights.input + gate * width * from, one.input + row * from,
                           saved + blocks.of_gate(gate) * padded);
      add_matrix_by_vector(width, width, weights.hidden + gate * width * width, hidden,
                           saved + (blocks.hidden_begin + gate) * padded);
    }
    Cell::advance(width, padded, bias, saved, hidden, one.cell ? one.cell + row * width : nullptr,
                  one.next_hidden + row * width);
    if (one.next_cell) copy(saved + 4 * padded, width, one.next_cell + row * width);
  }
}

template <class Cell>
constexpr RecurrentCellKernels make_kernels() {
  return {pack_forward<Cell>, pack_backward<Cell>, forward<Cell>, backward<Cell>, step<Cell>};
}

}  // namespace

const RecurrentKernels recurrent_kernels = {.tanh = make_kernels<Tanh>(),
                                            .gru = make_kernels<Gru>(),
                                            .lstm = make_kernels<Lstm>(),
                                            .add_outer_products = add_outer_products};

}  // namespace heed::HEED_ISA
