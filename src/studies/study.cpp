#include "src/studies/study.h"

#include <algorithm>

namespace heed {

std::vector<std::string> study_names() {
  const auto& registry = StudyRegistry::instance();
  auto names = registry.names();
  std::ranges::stable_sort(
      names, {}, [&registry](const std::string& name) { return registry.make(name)->place(); });
  return names;
}

}  // namespace heed
