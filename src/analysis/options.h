#pragma once

#include <cstdint>

#include "models/options.h"

namespace heed {

/// Section [analysis] of a config: what is measured of the heads while a model trains.
struct AnalysisOptions : Configurable {
  int64_t every = 0;       ///< steps; 0: never
  int64_t sentences = 64;  ///< of the validation split
  bool maps = true;        ///< keep one sentence's maps each time, for the page's slider

  void describe(OptionList& list) override {
    list.add("every", &every, "steps between two measurements of the heads; 0: none").at_least(0);
    list.add("sentences", &sentences, "rows of the validation split that they are measured on")
        .at_least(1);
    list.add("maps", &maps, "keep the attention maps of one sentence each time");
  }
};

}  // namespace heed
