#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace heed {

/// Memory for `count` numbers that belongs to this thread and, until it asks for it again, to one
/// use of it: `Use` is any type that names that use.
template <class Use, class Number = float>
Number* scratch(int64_t count) {
  thread_local std::vector<Number> memory;
  if (memory.size() < static_cast<size_t>(count)) memory.resize(static_cast<size_t>(count));
  return memory.data();
}

}  // namespace heed
