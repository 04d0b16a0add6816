#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace heed {

/// Memory for `count` numbers of this thread, valid until the thread asks again with the same
/// `Use`, any type that names the purpose.
template <class Use, class Number = float>
Number* scratch(int64_t count) {
  thread_local std::vector<Number> memory;
  if (memory.size() < static_cast<size_t>(count)) memory.resize(static_cast<size_t>(count));
  return memory.data();
}

}  // namespace heed
