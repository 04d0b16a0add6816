#include "src/attend/attend_output.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <limits>

#include "src/attend/recording_figures.h"
#include "src/console/console.h"
#include "src/figures/gnuplot.h"
#include "train/files/file.h"

namespace heed {
namespace {

namespace fs = std::filesystem;

constexpr int64_t drawn_sentences = 8;    // with Figures::automatic
constexpr int64_t printed_sentences = 4;  // up to four lines each
constexpr auto between_lines = std::chrono::seconds(10);

std::string megabytes(uintmax_t bytes) {
  return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

}  // namespace

AttendOutput::AttendOutput(const Run& run, AttendOutputOptions options)
    : run_(run),
      options_(std::move(options)),
      page_(run, "heed attend " + run.directory.path().string()),
      bar_("attend", options_.total),
      start_(Clock::now()),
      said_(start_) {
  make_folder(options_.folder);
  page_.show_analysis(run);
  if (options_.one_file) corpus_ = std::make_unique<AttentionDump>(options_.folder, options_.dump);
}

void AttendOutput::add(const Sentence& sentence, const AttentionArrays& arrays) {
  write(sentence, arrays);
  draw(sentence, arrays);
  page_.add(arrays, sentence.name.empty() ? "text" : sentence.name);
  ++sentences_;
  tokens_ += std::ssize(arrays.tokens);
  print(sentence, arrays);
  show_progress();
}

fs::path AttendOutput::choose_folder(const Sentence& sentence) const {
  return options_.alone ? options_.folder : options_.folder / sentence.name;
}

void AttendOutput::write(const Sentence& sentence, const AttentionArrays& arrays) {
  if (corpus_) return corpus_->add(arrays, sentence.number);
  make_folder(choose_folder(sentence));
  bytes_ += write_attention_arrays(arrays, choose_folder(sentence), options_.dump);
}

void AttendOutput::draw(const Sentence& sentence, const AttentionArrays& arrays) {
  if (options_.figures == Figures::none || !Gnuplot::available()) return;
  if (options_.figures == Figures::automatic && sentences_ >= drawn_sentences) {
    some_not_drawn_ = true;
    return;
  }
  make_folder(choose_folder(sentence));
  draw_recording(arrays, run_.config.name, choose_folder(sentence));
}

void AttendOutput::print(const Sentence& sentence, const AttentionArrays& arrays) {
  if (sentences_ > printed_sentences + 1) return;
  bar_.clear();
  if (sentences_ > printed_sentences) return fmt::print("...\n");
  const auto place = corpus_ && !options_.alone
                         ? fmt::format("{}, {}", options_.folder.string(), sentence.name)
                         : choose_folder(sentence).string();
  if (!arrays.written.empty())
    fmt::print("{} -> {}\n", fmt::join(arrays.source_tokens, " "), fmt::join(arrays.written, " "));
  for (const auto& [kind, maps] : arrays.maps)
    fmt::print("{}: {}-attention, {} layers x {} heads x {} x {} tokens\n", place, to_string(kind),
               maps.size(0), maps.size(2), maps.size(3), maps.size(4));
  std::fflush(stdout);
}

void AttendOutput::show_progress() {
  if (options_.alone) return;
  const auto rate = static_cast<double>(tokens_) / std::max(seconds(), 1e-9);
  bar_.update(sentences_, std::numeric_limits<double>::quiet_NaN(), rate);
  if (bar_.interactive() || Clock::now() - said_ < between_lines) return;
  said_ = Clock::now();
  spdlog::info("{}{} sentences recorded, {}", with_thousands(sentences_),
               options_.total > 0 ? " of " + with_thousands(options_.total) : "",
               format_rate(rate));
}

void AttendOutput::close() {
  bar_.clear();
  if (corpus_) {
    corpus_->close();
    bytes_ = corpus_->bytes();
  }
  const auto page = options_.folder / "attention.html";
  page_.write(page);
  if (corpus_ || sentences_ > printed_sentences)
    fmt::print("{}: {} sentences, {} tokens, {} in {:.1f} s\n", options_.folder.string(),
               with_thousands(sentences_), with_thousands(tokens_), megabytes(bytes_), seconds());
  fmt::print("{}\n", page.string());
  for (const auto& note : page_.notes()) fmt::print("{}\n", note);
  if (some_not_drawn_)
    spdlog::info("drew figures of the first {} sentences; --figures all draws all",
                 drawn_sentences);
  if (options_.figures != Figures::none && !Gnuplot::available())
    spdlog::warn("{}", missing_gnuplot_hint());
}

double AttendOutput::seconds() const {
  return std::chrono::duration<double>(Clock::now() - start_).count();
}

}  // namespace heed
