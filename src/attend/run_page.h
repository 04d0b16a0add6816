#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "src/experiment/run.h"
#include "src/files/attention_arrays.h"
#include "src/pages/attention_page.h"

namespace heed {

/// attention.html with sentences recorded from a run, and what is known about its heads.
class RunPage {
 public:
  /// `origin` is the command that made the page: "heed attend runs/demo/transformer".
  RunPage(const Run& run, const std::string& origin);

  /// Shows the results of `heed analyze`, if there are any for the run's present weights.
  void show_analysis(const Run& run);

  /// Shows this analysis (src/analysis/analysis_json.h). Throws nlohmann::json::exception for any
  /// other JSON.
  void show(const nlohmann::ordered_json& analysis);

  /// Adds a sentence, or one recorded at several steps of training, with a name per frame.
  void add(const AttentionArrays& arrays, const std::string& title);
  void add(const std::vector<AttentionArrays>& frames, const std::vector<std::string>& names,
           const std::string& title);

  /// What the page leaves out, one sentence each.
  std::vector<std::string> notes() const { return page_.notes(); }

  void write(const std::filesystem::path& path) const { page_.write(path); }

 private:
  AttentionPage page_;
};

}  // namespace heed
