#pragma once

#include <string>
#include <vector>

#include "models/registry.h"
#include "src/studies/report.h"

namespace heed {

/// What `heed study NAME` computes and tells: one file each under src/studies/.
class Study {
 public:
  virtual ~Study() = default;

  /// Its place in the course, from 1 on.
  virtual int place() const = 0;

  /// What is asked, in a few sentences.
  virtual std::string asked() const = 0;

  /// Computes everything afresh, with the project's own modules, from fixed seeds.
  virtual void run(Report& report) const = 0;

  /// From now on shorter trainings, for a classroom.
  void set_quick() { quick_ = true; }

 protected:
  bool quick() const { return quick_; }

 private:
  bool quick_ = false;
};

using StudyRegistry = Registry<Study>;

/// The names of all, in the order of the course.
std::vector<std::string> study_names();

}  // namespace heed
