#include "train/data/random.h"

#include <numeric>
#include <utility>

namespace heed {

std::vector<int64_t> Random::distinct(int64_t count, int64_t size) {
  std::vector<int64_t> numbers(static_cast<size_t>(size));
  std::iota(numbers.begin(), numbers.end(), 0);
  for (int64_t i = 0; i < count; ++i)
    std::swap(numbers[static_cast<size_t>(i)], numbers[static_cast<size_t>(i + below(size - i))]);
  numbers.resize(static_cast<size_t>(count));
  return numbers;
}

}  // namespace heed
