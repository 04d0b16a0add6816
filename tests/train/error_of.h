#pragma once

#include <stdexcept>
#include <string>

namespace heed {

/// What an action's std::runtime_error says; "no error" if there is none.
template <typename Action>
std::string error_of(Action action) {
  try {
    action();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace heed
