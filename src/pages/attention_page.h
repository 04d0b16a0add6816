#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "models/attention/attention_hook.h"
#include "train/data/batch.h"

namespace heed {

/// The maps of one kind of attention over one sequence.
struct PageMaps {
  AttentionKind kind = AttentionKind::self;
  std::vector<int64_t> layers, heads;  ///< their numbers; some may be missing
  /// Each float32 [L, H, T, S] on the CPU; several if recorded at several training steps.
  std::vector<at::Tensor> frames;
};

/// One text and its recorded maps. Queries and keys of self-attention (self, decoder) are `tokens`,
/// those of the encoder `source_tokens`; cross-attention goes from `written` (from `tokens` where
/// that is empty) to `source_tokens`.
struct PageSequence {
  std::string title;  ///< "line 12"
  std::vector<std::string> tokens = {};
  std::vector<std::string> source_tokens = {};
  std::vector<std::string> written = {};  ///< the token written at each position
  int64_t second = 0;  ///< where the second of two texts begins; 0: there is one text
  /// > 0: recorded during generation; each row from this one on was computed in its own step.
  int64_t prompt = 0;
  std::vector<std::string> frames = {};  ///< names of the frames: "step 100"; empty: one frame
  std::vector<PageMaps> maps = {};
  std::vector<GoldLinks> links = {};  ///< where queries should look, by kind
};

/// A number that every head has.
struct PageMeasure {
  std::string key;  ///< "previous"
  std::string title;
  std::string formula;
  std::string source;
};

/// What is known about one head, by the keys of the measures. A value that is absent or NaN is not
/// defined for the head.
struct PageHead {
  AttentionKind kind = AttentionKind::self;
  int64_t layer = 0, head = 0;
  std::string role;      ///< "previous"
  std::string evidence;  ///< "previous 0.93, untrained 0.07"
  std::map<std::string, double> values = {};
  std::map<std::string, double> untrained = {};  ///< of the same head before training
};

/// attention.html: one file that shows attention maps in a browser and needs no network. Its
/// weights are bytes (weight_bytes.h) in base64. Its source is in src/pages/viewer/. Nothing in its
/// texts is markup.
class AttentionPage {
 public:
  /// The weights that all sequences may have together, about 53 MB of text.
  static constexpr int64_t default_budget = 40'000'000;

  /// `origin` is the command that recorded the maps: "heed attend runs/demo/transformer".
  AttentionPage(std::string title, std::string origin, int64_t budget = default_budget);

  void set_measures(const std::vector<PageMeasure>& measures);
  void set_heads(const std::vector<PageHead>& heads);

  /// Keeps the sequence as bytes, or only counts it if it exceeds the rest of the budget. If the
  /// first sequence exceeds it, the page keeps its first layers, or the first heads of its first
  /// layer. notes() says what is left out. Throws std::runtime_error where maps and tokens do not
  /// match.
  void add(const PageSequence& sequence);

  /// What the page leaves out, one sentence each; the console prints them too.
  std::vector<std::string> notes() const;

  /// Writes beside `path` and renames into place. Errors as for write_file (train/files/file.h).
  void write(const std::filesystem::path& path) const;

 private:
  std::string data() const;
  size_t find_or_add_kind(const GoldLinks& links);

  std::string title_, origin_;
  int64_t budget_, used_ = 0;                   // weights
  std::string measures_ = "[]", heads_ = "[]";  // JSON
  std::vector<GoldLinks> link_kinds_;           // without their links
  std::vector<std::string> sequences_;          // JSON
  std::vector<std::string> weights_;            // elements
  int64_t left_out_ = 0;
  std::vector<std::string> cuts_;
};

}  // namespace heed
