#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "src/attend/run_page.h"
#include "src/attend/sentences.h"
#include "src/console/progress_bar.h"
#include "src/files/attention_arrays.h"

namespace heed {

enum class Figures { automatic, all, none };

struct AttendOutputOptions {
  std::filesystem::path folder;
  DumpOptions dump = {};
  bool one_file = false;  ///< all sentences in one dump, instead of one dump each
  bool alone = false;     ///< there is only one sentence, which needs no folder of its own
  Figures figures = Figures::automatic;
  int64_t total = 0;  ///< sentences; 0: not known
};

/// Writes what `heed attend` records, one sentence at a time: dumps, figures and one page of all
/// sentences in the folder, lines on the console, and the progress.
class AttendOutput {
 public:
  /// Makes the folder. The run must outlive it.
  AttendOutput(const Run& run, AttendOutputOptions options);

  void add(const Sentence& sentence, const AttentionArrays& arrays);

  /// Call it after the last sentence.
  void close();

 private:
  using Clock = std::chrono::steady_clock;

  std::filesystem::path choose_folder(const Sentence& sentence) const;
  void write(const Sentence& sentence, const AttentionArrays& arrays);
  void draw(const Sentence& sentence, const AttentionArrays& arrays);
  void print(const Sentence& sentence, const AttentionArrays& arrays);
  void show_progress();
  double seconds() const;

  const Run& run_;
  AttendOutputOptions options_;
  RunPage page_;
  std::unique_ptr<AttentionDump> corpus_;  // the dump that all sentences share, with one_file
  ProgressBar bar_;
  Clock::time_point start_, said_;
  int64_t sentences_ = 0, tokens_ = 0;
  uintmax_t bytes_ = 0;
  bool some_not_drawn_ = false;
};

}  // namespace heed
