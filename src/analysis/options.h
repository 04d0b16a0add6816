#pragma once

#include <cstdint>

#include "models/options.h"

namespace heed {

/// Section [analysis] of a config: what to measure of the heads while a model trains.
struct AnalysisOptions : Configurable {
  int64_t every = 0;       ///< steps; 0: never
  int64_t sentences = 64;  ///< of the validation split
  bool maps = true;        ///< keep one sentence's maps each time, for the page's slider

  void describe(OptionList& list) override {
    list.add("every", &every, "steps between two measurements of the heads; 0: none")
        .at_least(0)
        .may_change_on_resume();
    list.add("sentences", &sentences, "how many rows of the validation split to measure")
        .at_least(1)
        .may_change_on_resume();
    list.add("maps", &maps, "keep the attention maps of one sentence each time")
        .may_change_on_resume();
  }
};

}  // namespace heed
