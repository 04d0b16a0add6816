#pragma once

#include <string>
#include <vector>

#include "models/registry.h"
#include "src/studies/report.h"

namespace heed {

/// A study, run by `heed study NAME`: one file in src/studies/ that registers itself.
class Study {
 public:
  virtual ~Study() = default;

  /// Its position in the course, from 1.
  virtual int place() const = 0;

  /// The question, in a few sentences.
  virtual std::string asked() const = 0;

  /// Computes everything with the project's own modules, from fixed seeds.
  virtual void run(Report& report) const = 0;

  /// Makes trainings shorter, for a classroom.
  void set_quick() { quick_ = true; }

 protected:
  bool quick() const { return quick_; }

 private:
  bool quick_ = false;
};

using StudyRegistry = Registry<Study>;

/// All names, in the order of the course.
std::vector<std::string> study_names();

}  // namespace heed
