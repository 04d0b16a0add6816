#include "models/attention/key_value_cache.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

namespace heed {
namespace {

TEST(KeyValueCache, HoldsAppendedPositionsInOrder) {
  for (const bool gradients : {false, true}) {
    const at::AutoGradMode mode(gradients);
    at::manual_seed(1);
    KeyValueCache cache;
    at::Tensor keys, values;
    for (int64_t step = 0; step < 150; ++step) {  // beyond the first room, and the second
      const auto key = at::randn({2, 3, 1 + step % 2, 4}), value = at::randn_like(key);
      keys = keys.defined() ? at::cat({keys, key}, 2) : key;
      values = values.defined() ? at::cat({values, value}, 2) : value;
      cache.append(key, value);
      ASSERT_EQ(cache.length(), keys.size(2));
    }
    EXPECT_TRUE(at::equal(cache.key, keys));
    EXPECT_TRUE(at::equal(cache.value, values));
    EXPECT_EQ(cache.numel(), 2 * keys.numel());
  }
}

TEST(KeyValueCache, CanBeExtendedAfterSelectingRows) {
  const at::NoGradGuard guard;
  KeyValueCache cache;
  const auto first = at::randn({3, 1, 2, 4}), second = at::randn({3, 1, 1, 4});
  cache.append(first, first);
  cache.append(second, second);
  const auto rows = at::tensor({2, 0}, at::kLong);
  cache.select(rows);
  const auto third = at::randn({2, 1, 1, 4});
  cache.append(third, third);
  const auto expected = at::cat({at::cat({first, second}, 2).index_select(0, rows), third}, 2);
  EXPECT_TRUE(at::equal(cache.key, expected));
  EXPECT_TRUE(at::equal(cache.value, expected));
}

TEST(KeyValueCache, CopiesAreIndependent) {
  const at::NoGradGuard guard;
  KeyValueCache one;
  for (int i = 0; i < 3; ++i) one.append(at::ones({1, 1, 1, 2}), at::ones({1, 1, 1, 2}));
  KeyValueCache other = one;
  one.append(at::full({1, 1, 1, 2}, 2.0), at::full({1, 1, 1, 2}, 2.0));
  other.append(at::full({1, 1, 1, 2}, 3.0), at::full({1, 1, 1, 2}, 3.0));
  EXPECT_EQ(one.key.select(2, 3).sum().item<double>(), 4);
  EXPECT_EQ(other.key.select(2, 3).sum().item<double>(), 6);
}

}  // namespace
}  // namespace heed
