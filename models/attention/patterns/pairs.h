#pragma once

#include <ATen/ATen.h>
#include <c10/util/StringUtil.h>

#include <algorithm>
#include <cstdint>
#include <stdexcept>

namespace heed {

/// Throws std::invalid_argument unless T queries can be the last of S positions.
inline void check_lengths(int64_t queries, int64_t keys) {
  if (queries < 0 || queries > keys)
    throw std::invalid_argument(c10::str("the queries are the last of the key positions: expected ",
                                         "0 to ", keys, " queries, got ", queries));
}

/// The last T of S positions as queries and all S as keys. A comparison of the two is [T, S].
struct Pairs {
  Pairs(int64_t queries, int64_t keys) {
    check_lengths(queries, keys);
    query = at::arange(keys - queries, keys, at::kLong).unsqueeze(1);
    key = at::arange(keys, at::kLong).unsqueeze(0);
  }

  /// [T, S]: |query - key| < distance.
  at::Tensor nearer_than(int64_t distance) const {
    const int64_t reach = std::min(distance, key.size(1));  // so that no sum overflows
    return key.gt(query - reach).logical_and_(key.lt(query + reach));
  }

  at::Tensor query;  ///< [T, 1] int64
  at::Tensor key;    ///< [1, S] int64
};

}  // namespace heed
