#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <utility>

namespace heed {

/// Keys and values of the positions seen so far, for incremental decoding.
class KeyValueCache {
 public:
  at::Tensor key;    ///< [B, H, S, K]; undefined before the first position
  at::Tensor value;  ///< [B, H, S, K]

  KeyValueCache() = default;
  /// Copies are independent.
  KeyValueCache(const KeyValueCache& other) : key(other.key), value(other.value) {}
  KeyValueCache(KeyValueCache&&) = default;
  KeyValueCache& operator=(KeyValueCache other) {
    std::swap(key, other.key), std::swap(value, other.value);
    std::swap(key_buffer_, other.key_buffer_), std::swap(value_buffer_, other.value_buffer_);
    return *this;
  }

  int64_t length() const { return key.defined() ? key.size(2) : 0; }
  /// How many numbers it holds, over all rows.
  int64_t numel() const { return key.defined() ? key.numel() + value.numel() : 0; }

  /// Appends both, [B, H, T, K].
  void append(const at::Tensor& new_key, const at::Tensor& new_value);

  /// Adds `count` uninitialised positions, which the caller then writes. The buffers double when
  /// they are full, so that a step copies nothing old. No gradients.
  void extend(int64_t batch, int64_t heads, int64_t count, int64_t width,
              const at::TensorOptions& options);

  /// Keeps these rows of the batch, `rows` [n] int64.
  void select(const at::Tensor& rows);

 private:
  at::Tensor key_buffer_, value_buffer_;  // [B, H, at least S, K], of which key and value are views
};

}  // namespace heed
