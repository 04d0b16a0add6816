// The cells of a recurrent layer, one row at one step, for files that are compiled once an
// instruction set: from the products W x and U h to the next state, and back.
#pragma once

#include "models/fused/kernels/recurrent.h"
#include "models/fused/kernels/vector.h"

namespace heed::HEED_ISA {
namespace {

/// What the way back reads of one row at one step, and writes. dx is the gradient of the loss by x;
/// derivatives are with respect to the input of an activation.
struct RecurrentRow {
  const float* saved;            ///< its blocks
  const float* hidden;           ///< h' [D]
  const float* hidden_before;    ///< h [D]
  const float* cell_before;      ///< c [D]
  const float* output_gradient;  ///< [D] or null
  float* hidden_gradient;        ///< [P]: dh' from later steps; becomes dh without what U passes on
  float* cell_gradient;          ///< [P]: dc', then dc
  float* derivatives;            ///< the blocks of derivatives
};

struct Tanh {
  static constexpr auto blocks = tanh_blocks;

  static void advance(int64_t width, int64_t, const float* bias, float* saved, const float*,
                      const float*, float* hidden) {
    along(width, [&](int64_t i, int64_t count) {
      write(hidden + i, hyperbolic_tangent(load(saved + i) + load(bias + i)), count);
    });
  }

  // a = dh' (1 - h'^2)
  static void retreat(int64_t width, int64_t, const RecurrentRow& row) {
    along(width, [&](int64_t i, int64_t count) {
      Vector hidden_derivative = load(row.hidden_gradient + i);
      if (row.output_gradient) hidden_derivative += read(row.output_gradient + i, count);
      const Vector hidden = read(row.hidden + i, count);
      store(row.derivatives + i, hidden_derivative * (1.0f - hidden * hidden));
      store(row.hidden_gradient + i, Vector{});
    });
  }
};

struct Gru {
  static constexpr auto blocks = gru_blocks;

  static void advance(int64_t width, int64_t padded, const float* bias, float* saved,
                      const float* hidden_before, const float*, float* hidden) {
    along(width, [&](int64_t i, int64_t count) {
      const auto sum = [&](int64_t block) {
        return load(saved + block * padded + i) + load(bias + block * padded + i);
      };
      const Vector reset = logistic(sum(1)), update = logistic(sum(2)), from_state = sum(3);
      const Vector candidate = hyperbolic_tangent(sum(0) + reset * from_state);
      store(saved + i, candidate);
      store(saved + padded + i, reset);
      store(saved + 2 * padded + i, update);
      store(saved + 3 * padded + i, from_state);
      write(hidden + i, candidate + update * (read(hidden_before + i, count) - candidate), count);
    });
  }

  // dn = dh' (1 - z) (1 - n^2), du = dn r, dr = dn u r (1 - r), dz = dh' (h - n) z (1 - z),
  // dh = dh' z + ...
  static void retreat(int64_t width, int64_t padded, const RecurrentRow& row) {
    along(width, [&](int64_t i, int64_t count) {
      Vector hidden_derivative = load(row.hidden_gradient + i);
      if (row.output_gradient) hidden_derivative += read(row.output_gradient + i, count);
      const Vector candidate = load(row.saved + i), reset = load(row.saved + padded + i);
      const Vector update = load(row.saved + 2 * padded + i);
      const Vector from_state = load(row.saved + 3 * padded + i);
      const Vector before = read(row.hidden_before + i, count);
      const Vector inner = hidden_derivative * (1.0f - update) * (1.0f - candidate * candidate);
      store(row.derivatives + i, inner);
      store(row.derivatives + padded + i, inner * from_state * reset * (1.0f - reset));
      store(row.derivatives + 2 * padded + i,
            hidden_derivative * (before - candidate) * update * (1.0f - update));
      store(row.derivatives + 3 * padded + i, inner * reset);
      store(row.hidden_gradient + i, hidden_derivative * update);
    });
  }
};

struct Lstm {
  static constexpr auto blocks = lstm_blocks;

  static void advance(int64_t width, int64_t padded, const float* bias, float* saved, const float*,
                      const float* cell_before, float* hidden) {
    along(width, [&](int64_t i, int64_t count) {
      const auto sum = [&](int64_t block) {
        return load(saved + block * padded + i) + load(bias + block * padded + i);
      };
      const Vector input = logistic(sum(0)), forget = logistic(sum(1)), output = logistic(sum(3));
      const Vector candidate = hyperbolic_tangent(sum(2));
      const Vector cell = forget * read(cell_before + i, count) + input * candidate;
      store(saved + i, input);
      store(saved + padded + i, forget);
      store(saved + 2 * padded + i, candidate);
      store(saved + 3 * padded + i, output);
      store(saved + 4 * padded + i, cell);
      write(hidden + i, output * hyperbolic_tangent(cell), count);
    });
  }

  // With k = tanh(c'): dc' += dh' o (1 - k^2), do = dh' k o (1 - o), di = dc' g i (1 - i),
  // df = dc' c f (1 - f), dg = dc' i (1 - g^2), dc = dc' f
  static void retreat(int64_t width, int64_t padded, const RecurrentRow& row) {
    along(width, [&](int64_t i, int64_t count) {
      Vector hidden_derivative = load(row.hidden_gradient + i);
      if (row.output_gradient) hidden_derivative += read(row.output_gradient + i, count);
      const Vector input = load(row.saved + i), forget = load(row.saved + padded + i);
      const Vector candidate = load(row.saved + 2 * padded + i);
      const Vector output = load(row.saved + 3 * padded + i);
      const Vector squashed = hyperbolic_tangent(load(row.saved + 4 * padded + i));
      const Vector cell =
          load(row.cell_gradient + i) + hidden_derivative * output * (1.0f - squashed * squashed);
      store(row.derivatives + i, cell * candidate * input * (1.0f - input));
      store(row.derivatives + padded + i,
            cell * read(row.cell_before + i, count) * forget * (1.0f - forget));
      store(row.derivatives + 2 * padded + i, cell * input * (1.0f - candidate * candidate));
      store(row.derivatives + 3 * padded + i,
            hidden_derivative * squashed * output * (1.0f - output));
      store(row.cell_gradient + i, cell * forget);
      store(row.hidden_gradient + i, Vector{});
    });
  }
};

}  // namespace
}  // namespace heed::HEED_ISA
