#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "src/files/attention_arrays.h"
#include "src/experiment/run.h"
#include "src/pages/attention_page.h"

namespace heed {

/// attention.html of sentences that were recorded of a run, with what is known of its heads.
class RunPage {
 public:
  /// `origin` says what made the page: "heed attend runs/demo/transformer".
  RunPage(const Run& run, const std::string& origin);

  /// Shows what `heed analyze` has found out, if it did so for the run's present weights.
  void show_analysis(const Run& run);

  /// Shows this analysis (src/analysis/analysis_json.h). Throws nlohmann::json::exception where it
  /// is none.
  void show(const nlohmann::ordered_json& analysis);

  /// A sentence; or one that was recorded at several steps of training, its frames named.
  void add(const AttentionArrays& arrays, const std::string& title);
  void add(const std::vector<AttentionArrays>& frames, const std::vector<std::string>& names,
           const std::string& title);

  /// What the page leaves out, a sentence each.
  std::vector<std::string> notes() const { return page_.notes(); }

  void write(const std::filesystem::path& path);

 private:
  size_t find_or_add_kind(const TokenLinks& links);

  AttentionPage page_;
  std::vector<PageLinkKind> link_kinds_;
};

/// The measures and heads of an analysis (src/analysis/analysis_json.h), as the page shows them.
std::vector<PageMeasure> page_measures(const nlohmann::ordered_json& analysis);
std::vector<PageHead> page_heads(const nlohmann::ordered_json& analysis,
                                 const std::vector<PageMeasure>& measures);

}  // namespace heed
