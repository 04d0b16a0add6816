#include "models/attention/key_value_cache.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>

namespace heed {
namespace {

constexpr int64_t min_capacity = 64;

void extend_one(at::Tensor& used, at::Tensor& buffer, at::IntArrayRef sizes,
                const at::TensorOptions& options) {
  const int64_t before = used.defined() ? used.size(2) : 0, after = before + sizes[2];
  if (!buffer.defined() || buffer.size(2) < after) {
    buffer = at::empty({sizes[0], sizes[1], std::max(min_capacity, 2 * after), sizes[3]},
                       options.requires_grad(false));
    if (before > 0) buffer.narrow(2, 0, before).copy_(used);
  }
  used = buffer.narrow(2, 0, after);
}

}  // namespace

void KeyValueCache::extend(int64_t batch, int64_t heads, int64_t count, int64_t width,
                           const at::TensorOptions& options) {
  extend_one(key, key_buffer_, {batch, heads, count, width}, options);
  extend_one(value, value_buffer_, {batch, heads, count, width}, options);
}

void KeyValueCache::append(const at::Tensor& new_key, const at::Tensor& new_value) {
  if (!key.defined()) {
    key = new_key, value = new_value;
    return;
  }
  if (at::GradMode::is_enabled()) {  // a gradient may want what was there
    key = at::cat({key, new_key}, 2);
    value = at::cat({value, new_value}, 2);
    key_buffer_ = value_buffer_ = at::Tensor();
    return;
  }
  const int64_t before = length(), count = new_key.size(2);
  extend(new_key.size(0), new_key.size(1), count, new_key.size(3), new_key.options());
  key.narrow(2, before, count).copy_(new_key);
  value.narrow(2, before, count).copy_(new_value);
}

void KeyValueCache::select(const at::Tensor& rows) {
  if (!key.defined()) return;
  key = key.index_select(0, rows);
  value = value.index_select(0, rows);
  key_buffer_ = value_buffer_ = at::Tensor();
}

}  // namespace heed
