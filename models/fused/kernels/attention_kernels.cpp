#include "models/fused/kernels/attention.h"

#include "models/fused/kernels/matrix_product.h"
#include "models/fused/kernels/transpose.h"

namespace heed::HEED_ISA {
namespace {

constexpr int64_t key_block = 64;  // a block of the transposed keys or values stays in the L1 cache
constexpr int64_t forward_queries = 16, backward_queries = 32;
constexpr int64_t line = 16;  // floats of a cache line

inline int64_t round_up(int64_t count, int64_t unit) { return (count + unit - 1) / unit * unit; }

// Rows that are a power of two apart would share a few lines of the cache.
inline int64_t spread(int64_t count) { return round_up(count, line) + line; }

/// Hands out pieces of a scratch, each at the start of a cache line.
struct Pieces {
  float* next;
  explicit Pieces(float* scratch)
      : next((float*)(((uintptr_t)scratch + 4 * line - 1) & ~(uintptr_t)(4 * line - 1))) {}
  float* take(int64_t count) {
    float* piece = next;
    next += round_up(count, line);
    return piece;
  }
};

/// How many of the keys, the first ones, query t may see.
inline int64_t seen_by(const AttentionHead& head, int64_t t) {
  const int64_t limit = head.causal ? head.keys - head.queries + t + 1 : head.keys;
  return max(0, min(limit, head.key_length));
}

template <class Number>
inline Number* at_row(RowsOf<Number> rows, int64_t i) {
  return rows.data + i * rows.row;
}

// [count, width] with count <= key_block -> [width, key_block]. Columns from `count` to the next
// multiple of `lanes` become zero.
inline void transpose(ReadRows from, int64_t count, int64_t width, float* to) {
  for (int64_t r = 0; r < count; r += lanes)
    for (int64_t c = 0; c < width; c += lanes)
      transpose_lanes(at_row(from, r) + c, from.row, min(lanes, count - r), min(lanes, width - c),
                      to + c * key_block + r, key_block);
}

// Scores become scale * score + added.
inline void add_mask(float* scores, int64_t scores_row, int64_t rows, int64_t count, float scale,
                     ReadRows added) {
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t s = 0; s < count; s += lanes) {
      float* at = scores + i * scores_row + s;
      store(at, load(at) * scale + load_first(at_row(added, i) + s, min(lanes, count - s)));
    }
}

// Scores become e^(scale * score - row_max), zero after the first `seen` up to `count`.
inline RowStatistics exponentials(float* row, int64_t seen, int64_t count, float scale) {
  const float infinity = __builtin_inff();
  const int64_t whole = round_up(seen, lanes);
  if (seen < whole) {
    float* last = row + whole - lanes;
    store(last, pick(lane_numbers() < (int32_t)(seen - whole + lanes), load(last), all(-infinity)));
  }
  Vector highest = all(-infinity);
  for (int64_t s = 0; s < whole; s += lanes) highest = maximum(highest, load(row + s));
  float top = lane_max(highest) * scale;
  if (top == -infinity) top = 0;  // all hidden
  Vector sums = {};
  for (int64_t s = 0; s < whole; s += lanes) {
    const Vector e = exp_nonpositive(load(row + s) * scale - top);
    store(row + s, e);
    sums += e;
  }
  for (int64_t s = whole; s < count; s += lanes) store(row + s, Vector{});
  const float total = sum(sums);
  return {.row_max = top, .inverse_sum = total == 0 ? 0 : 1 / total};
}

// to = from * factor, `count` numbers.
inline void scale_row(const float* from, float factor, float* to, int64_t count) {
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) store(to + i, load(from + i) * factor);
  if (i < count) store_first(to + i, load_first(from + i, count - i) * factor, count - i);
}

inline void clear_row(float* to, int64_t count) {
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) store(to + i, Vector{});
  if (i < count) store_first(to + i, Vector{}, count - i);
}

inline void clear_rows(WriteRows rows, int64_t begin, int64_t end, int64_t width) {
  for (int64_t i = begin; i < end; ++i) clear_row(at_row(rows, i), width);
}

// Strided rows defeat the hardware prefetcher.
inline void fetch_rows(ReadRows rows, int64_t begin, int64_t end, int64_t width) {
  for (int64_t i = begin; i < end; ++i)
    for (int64_t j = 0; j < width; j += line) __builtin_prefetch(at_row(rows, i) + j);
}

int64_t scratch(const AttentionHead& head) {
  const int64_t keys = round_up(head.keys, key_block);
  const int64_t forward = keys * head.width + forward_queries * spread(keys);
  const int64_t widths = head.width + head.value_width;
  const int64_t backward =
      round_up(head.queries, line) + key_block * widths + 2 * backward_queries * spread(key_block);
  return max(forward, backward) + 8 * line;
}

// The scores of one query, a vector of keys at a time.
inline void compute_scores(const float* query, ReadRows keys, int64_t count, int64_t width,
                           float* scores) {
  for (int64_t s = 0; s < count; s += lanes) {
    Vector sums[lanes] = {};
    along(width, [&](int64_t j, int64_t there) {
      const Vector q = read(query + j, there);
#pragma GCC unroll 16
      for (int64_t i = 0; i < lanes; ++i)
        sums[i] += q * read(at_row(keys, min(s + i, count - 1)) + j, there);
    });
    store(scores + s, sums_of_lanes(sums));
  }
}

// to [width] = factor * the sum over rows of weights[s] * row s, in several chains of sums.
inline void weighted_sum(const float* weights, ReadRows rows, int64_t count, int64_t width,
                         float factor, float* to) {
  constexpr int64_t chains = 4;
  along(width, [&](int64_t j, int64_t there) {
    Vector sums[chains] = {};
    int64_t s = 0;
    for (; s + chains <= count; s += chains)
#pragma GCC unroll 4
      for (int64_t i = 0; i < chains; ++i)
        sums[i] += weights[s + i] * read(at_row(rows, s + i) + j, there);
    for (; s < count; ++s) sums[0] += weights[s] * read(at_row(rows, s) + j, there);
    write(to + j, (sums[0] + sums[1] + (sums[2] + sums[3])) * factor, there);
  });
}

// One query alone, for which transposing the keys does not pay.
void forward_one(const AttentionHead& head, int64_t t, const AttentionOutput& to, float* scratch) {
  const int64_t seen = seen_by(head, t);
  float* scores = Pieces(scratch).take(round_up(head.keys, lanes));  // then weights
  compute_scores(at_row(head.query, t), head.key, seen, head.width, scores);
  const RowStatistics statistics = exponentials(scores, seen, seen, head.scale);
  weighted_sum(scores, head.value, seen, head.value_width, statistics.inverse_sum,
               at_row(to.output, t));
  if (to.statistics) to.statistics[t] = statistics;
}

void forward(const AttentionHead& head, int64_t begin, int64_t end, const AttentionOutput& to,
             float* scratch) {
  if (end - begin == 1 && !head.added.data && !to.weights.data)
    return forward_one(head, begin, to, scratch);
  Pieces pieces(scratch);
  const int64_t reach = seen_by(head, end - 1), width = head.width;
  const int64_t scores_row = spread(round_up(reach, key_block));
  float* packed = pieces.take(round_up(reach, key_block) * width);  // [blocks, K, key_block]
  float* scores = pieces.take(forward_queries * scores_row);        // then weights
  fetch_rows(head.key, 0, min(reach, key_block), width);
  fetch_rows(head.query, begin, min(end, begin + key_block), width);
  fetch_rows(head.value, 0, min(reach, key_block), head.value_width);
  for (int64_t s = 0; s < reach; s += key_block)
    transpose({at_row(head.key, s), head.key.row}, min(key_block, reach - s), width,
              packed + s * width);

  for (int64_t t = begin; t < end; t += forward_queries) {
    const int64_t rows = min(forward_queries, end - t), count = seen_by(head, t + rows - 1);
    for (int64_t s = 0; s < count; s += key_block)
      product<Into::set>(rows, min(key_block, round_up(count - s, lanes)), width,
                         ByRows<float>{at_row(head.query, t), head.query.row}, packed + s * width,
                         key_block, scores + s, scores_row);
    if (head.added.data)
      add_mask(scores, scores_row, rows, count, head.scale,
               {at_row(head.added, t), head.added.row});
    RowStatistics statistics[forward_queries];
    for (int64_t i = 0; i < rows; ++i)
      statistics[i] = exponentials(scores + i * scores_row, seen_by(head, t + i), count,
                                   head.added.data ? 1 : head.scale);
    product<Into::set>(rows, head.value_width, count, ByRows<float>{scores, scores_row},
                       head.value.data, head.value.row, at_row(to.output, t), to.output.row);
    for (int64_t i = 0; i < rows; ++i) {
      float* output = at_row(to.output, t + i);
      scale_row(output, statistics[i].inverse_sum, output, head.value_width);
      if (to.statistics) to.statistics[t + i] = statistics[i];
      if (!to.weights.data) continue;
      float* weights = at_row(to.weights, t + i);
      scale_row(scores + i * scores_row, statistics[i].inverse_sum, weights, count);
      clear_row(weights + count, head.keys - count);
    }
  }
}

template <class Left>
inline void product_into(bool add, int64_t m, int64_t n, int64_t depth, Left a, ReadRows b,
                         WriteRows c) {
  if (add)
    product<Into::add>(m, n, depth, a, b.data, b.row, c.data, c.row);
  else
    product<Into::set>(m, n, depth, a, b.data, b.row, c.data, c.row);
}

// rowsum(dO * O) of each query: what the softmax's gradient takes off (see
// models/attention/manual_backward.cpp).
inline void sum_output_products(const AttentionHead& head, const AttentionGradients& with,
                                float* to) {
  for (int64_t t = 0; t < head.queries; ++t) {
    const float *a = at_row(with.output, t), *b = at_row(with.output_gradient, t);
    Vector sums = {};
    int64_t i = 0;
    for (; i + lanes <= head.value_width; i += lanes) sums += load(a + i) * load(b + i);
    const int64_t rest = head.value_width - i;
    if (rest > 0) sums += load_first(a + i, rest) * load_first(b + i, rest);
    to[t] = sum(sums);
  }
}

/// A block of keys in the backward pass, and what it needs of the memory.
struct KeyBlock {
  const AttentionHead& head;
  const AttentionGradients& with;
  int64_t start;
  float *output_products, *keys, *values;  // [T], [K, key_block], [Kv, key_block]
  float *weights, *score_derivatives;      // [backward_queries, ...]: P and dP, then dS

  static constexpr int64_t row = key_block + line;

  // P and dS = P * (dP - rowsum(dO * O)) * scale of the queries [t, t + rows) and the first n keys.
  void softmax_gradient(int64_t t, int64_t rows, int64_t n) const {
    const float scale = head.added.data ? 1 : head.scale;
    for (int64_t i = 0; i < rows; ++i) {
      const int32_t seen = (int32_t)(seen_by(head, t + i) - start);
      const RowStatistics from = with.statistics[t + i];
      float *p = weights + i * row, *d = score_derivatives + i * row;
      for (int32_t s = 0; s < n; s += (int32_t)lanes) {
        const Vector e = exp_nonpositive(load(p + s) * scale - from.row_max) * from.inverse_sum;
        const Vector weight = pick(lane_numbers() < seen - s, e, Vector{});
        store(p + s, weight);
        store(d + s, weight * (load(d + s) - output_products[t + i]) * head.scale);
      }
    }
  }

  // The same where the weights were saved.
  void softmax_gradient_from_saved(int64_t t, int64_t rows, int64_t n) const {
    for (int64_t i = 0; i < rows; ++i) {
      const float* saved = at_row(with.weights, t + i) + start;
      float *p = weights + i * row, *d = score_derivatives + i * row;
      for (int64_t s = 0; s < n; s += lanes) {
        const Vector weight = s + lanes <= n ? load(saved + s) : load_first(saved + s, n - s);
        store(p + s, weight);
        store(d + s, weight * (load(d + s) - output_products[t + i]) * head.scale);
      }
    }
  }

  // The part of the queries [t, t + rows) and the first n keys. `first`: the key gradients are set.
  void add_queries(int64_t t, int64_t rows, int64_t n, bool first) const {
    const int64_t wide = round_up(n, lanes), width = head.width, value_width = head.value_width;
    const auto from = [](ReadRows all, int64_t i) { return ReadRows{at_row(all, i), all.row}; };
    const auto to = [](WriteRows all, int64_t i) { return WriteRows{at_row(all, i), all.row}; };
    const ReadRows query = from(head.query, t), outer = from(with.output_gradient, t);
    product<Into::set>(rows, wide, value_width, ByRows<float>{outer.data, outer.row}, values,
                       key_block, score_derivatives, row);
    if (with.weights.data) {
      softmax_gradient_from_saved(t, rows, n);
    } else {
      product<Into::set>(rows, wide, width, ByRows<float>{query.data, query.row}, keys, key_block,
                         weights, row);
      if (head.added.data)
        add_mask(weights, row, rows, n, head.scale,
                 {at_row(head.added, t) + start, head.added.row});
      softmax_gradient(t, rows, n);
    }
    product_into(!first, n, value_width, rows, ByColumns<float>{weights, row}, outer,
                 to(with.value_gradient, start));
    product_into(!first, n, width, rows, ByColumns<float>{score_derivatives, row}, query,
                 to(with.key_gradient, start));
    product_into(start > 0, rows, width, n, ByRows<float>{score_derivatives, row},
                 from(head.key, start), to(with.query_gradient, t));
  }
};

void backward(const AttentionHead& head, const AttentionGradients& with, float* scratch) {
  Pieces pieces(scratch);
  KeyBlock block{.head = head,
                 .with = with,
                 .start = 0,
                 .output_products = pieces.take(head.queries),
                 .keys = pieces.take(head.width * key_block),
                 .values = pieces.take(head.value_width * key_block),
                 .weights = pieces.take(backward_queries * KeyBlock::row),
                 .score_derivatives = pieces.take(backward_queries * KeyBlock::row)};
  fetch_rows(with.output, 0, min(head.queries, key_block), head.value_width);
  fetch_rows(with.output_gradient, 0, min(head.queries, key_block), head.value_width);
  fetch_rows(head.query, 0, min(head.queries, key_block), head.width);
  fetch_rows(head.key, 0, min(head.keys, key_block), head.width);
  fetch_rows(head.value, 0, min(head.keys, key_block), head.value_width);
  sum_output_products(head, with, block.output_products);
  const int64_t queries = head.queries, reach = queries > 0 ? seen_by(head, queries - 1) : 0;
  for (int64_t start = 0; start < reach; start += key_block) {
    const int64_t count = min(key_block, reach - start);
    block.start = start;
    transpose({at_row(head.key, start), head.key.row}, count, head.width, block.keys);
    transpose({at_row(head.value, start), head.value.row}, count, head.value_width, block.values);
    // From the last queries, which see all of the block, to the first that sees any of it.
    for (int64_t end = queries; end > 0 && seen_by(head, end - 1) > start;
         end -= backward_queries) {
      const int64_t t = max(0, end - backward_queries);
      block.add_queries(t, end - t, min(count, seen_by(head, end - 1) - start), end == queries);
    }
  }
  clear_rows(with.key_gradient, reach, head.keys, head.width);
  clear_rows(with.value_gradient, reach, head.keys, head.value_width);
  for (int64_t t = 0; t < queries && seen_by(head, t) == 0; ++t)
    clear_row(at_row(with.query_gradient, t), head.width);
}

}  // namespace

const AttentionKernels attention_kernels = {
    .scratch = scratch, .forward = forward, .backward = backward};

}  // namespace heed::HEED_ISA
