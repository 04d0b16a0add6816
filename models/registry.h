#pragma once

#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace heed {

/// The kinds of one thing (models, positions, tasks, ...) by name. A kind registers itself in its
/// own source file with a static `Registration`; the config reader, the help and `heed info` find
/// it here.
template <class Product>
class Registry {
 public:
  struct Kind {
    std::string summary;  ///< one line for help and `heed info`
    std::function<std::unique_ptr<Product>()> make;
  };

  static Registry& instance() {
    static Registry registry;
    return registry;
  }

  void add(const std::string& name, Kind kind) {
    if (!kinds_.emplace(name, std::move(kind)).second)
      throw std::logic_error("registered twice: " + name);
  }

  /// Null if there is no such kind.
  const Kind* find(const std::string& name) const {
    const auto found = kinds_.find(name);
    return found == kinds_.end() ? nullptr : &found->second;
  }

  /// A new product of the kind `name`. Throws std::invalid_argument that lists the known kinds.
  std::unique_ptr<Product> make(const std::string& name) const {
    const Kind* kind = find(name);
    if (kind) return kind->make();
    std::string known;
    for (const auto& entry : kinds_) known += (known.empty() ? "" : ", ") + entry.first;
    throw std::invalid_argument("there is no \"" + name + "\"; known are: " + known);
  }

  /// In alphabetical order.
  std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (const auto& entry : kinds_) result.push_back(entry.first);
    return result;
  }

 private:
  std::map<std::string, Kind> kinds_;
};

/// `static const Registration<Task, GrammarTask> registration{"grammar", "..."};` in a kind's
/// source file.
template <class Product, class Implementation>
struct Registration {
  Registration(const std::string& name, const std::string& summary) {
    Registry<Product>::instance().add(name,
                                      {summary, [] { return std::make_unique<Implementation>(); }});
  }
};

}  // namespace heed
