#include "train/tasks/seq2seq_task.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <stdexcept>

#include "train/data/utf8.h"

namespace heed {
namespace {

using Tokens = std::vector<int64_t>;

// A tensor [rows, columns] int64 filled with `fill`, to be written row by row.
struct Table {
  Table(int64_t rows, int64_t columns, int64_t fill)
      : tensor(at::full({rows, columns}, fill, at::kLong)), width(columns) {}

  int64_t* row(int64_t number) const { return tensor.data_ptr<int64_t>() + number * width; }

  at::Tensor tensor;
  int64_t width;
};

// The numbers of the words in a vocabulary, of which the start and the end token are not words.
Tokens encode_words(const std::string& words, const Tokenizer& tokenizer, const std::string& side,
                    const std::string& place) {
  const auto& known = tokenizer.vocabulary().tokens;
  Tokens numbers;
  each_unit(words, "word", place, [&](std::string_view word) {
    const auto found = std::find(known.begin(), known.end(), word);
    if (found == known.end() || word == start_of_sequence || word == end_of_sequence)
      throw std::runtime_error(
          fmt::format("{}: the word \"{}\" is not one of the {}'s", place, word, side));
    numbers.push_back(found - known.begin());
  });
  if (numbers.empty())
    throw std::runtime_error(
        fmt::format("{}: expected at least one word of the {}, got none", place, side));
  return numbers;
}

bool is_blank(const std::string& line) {
  return line.find_first_not_of(" \t\r") == std::string::npos;
}

Pair parse_line(const std::string& line, const Tokenizer& source, const Tokenizer& target,
                const std::string& place) {
  const auto tabs = std::count(line.begin(), line.end(), '\t');
  if (tabs != 1)
    throw std::runtime_error(fmt::format(
        "{}: expected the source's words, one tab, the target's words; got {} tabs", place, tabs));
  const auto tab = line.find('\t');
  return {.source = encode_words(line.substr(0, tab), source, "source", place),
          .target = encode_words(line.substr(tab + 1), target, "target", place)};
}

}  // namespace

Batch pair_batch(const std::vector<Pair>& pairs, int64_t start_token, int64_t end_token) {
  const auto rows = static_cast<int64_t>(pairs.size());
  int64_t longest_source = 0, longest_target = 0;
  bool aligned = false, also_aligned = false;
  for (const auto& pair : pairs) {
    longest_source = std::max<int64_t>(longest_source, std::ssize(pair.source));
    longest_target = std::max<int64_t>(longest_target, std::ssize(pair.target));
    aligned = aligned || !pair.alignment.empty();
    also_aligned = also_aligned || !pair.also_aligned.empty();
  }
  const Table source(rows, longest_source, 0), values(rows, longest_target + 1, 0),
      targets(rows, longest_target + 1, not_scored),
      alignment(rows, longest_target + 1, not_scored), second(rows, longest_target + 1, not_scored),
      source_lengths(rows, 1, 0), lengths(rows, 1, 0);
  for (int64_t b = 0; b < rows; ++b) {
    const auto& pair = pairs[static_cast<size_t>(b)];
    std::copy(pair.source.begin(), pair.source.end(), source.row(b));
    *source_lengths.row(b) = std::ssize(pair.source);
    *values.row(b) = start_token;
    std::copy(pair.target.begin(), pair.target.end(), values.row(b) + 1);
    *std::copy(pair.target.begin(), pair.target.end(), targets.row(b)) = end_token;
    *lengths.row(b) = std::ssize(pair.target) + 1;
    std::copy(pair.alignment.begin(), pair.alignment.end(), alignment.row(b));
    std::copy(pair.also_aligned.begin(), pair.also_aligned.end(), second.row(b));
  }
  return {.input = {.values = values.tensor,
                    .lengths = lengths.tensor.squeeze(1),
                    .source = source.tensor,
                    .source_lengths = source_lengths.tensor.squeeze(1)},
          .targets = targets.tensor,
          .alignment = aligned ? alignment.tensor : at::Tensor(),
          .also_aligned = also_aligned ? second.tensor : at::Tensor()};
}

void Seq2SeqTask::describe(OptionList& list) {
  list.add("evaluation_rows", &evaluation_rows_, "rows of the validation and of the test split")
      .at_least(1);
}

void Seq2SeqTask::prepare(const TaskSetup& setup) {
  auto made = extent();
  seed_ = setup.seed;
  longest_source_ = made.longest_source;
  longest_target_ = made.longest_target;
  made.target_words.insert(made.target_words.end(), {start_of_sequence, end_of_sequence});
  source_tokenizer_.emplace(Vocabulary{.unit = "word", .tokens = std::move(made.source_words)});
  target_tokenizer_.emplace(Vocabulary{.unit = "word", .tokens = std::move(made.target_words)});
}

SequenceShape Seq2SeqTask::shape() const {
  return {.vocabulary = target_tokenizer_->size(),
          .output = SequenceShape::Output::per_position,
          .context = SequenceShape::Context::causal,
          .output_width = target_tokenizer_->size(),
          .max_length = longest_target_ + 1,
          .source_vocabulary = source_tokenizer_->size(),
          .max_source_length = longest_source_};
}

Batch Seq2SeqTask::batch(Split split, int64_t first, int64_t count) const {
  std::vector<Pair> pairs;
  pairs.reserve(static_cast<size_t>(count));
  for (int64_t row = first; row < first + count; ++row) pairs.push_back(pair(split, row));
  return pair_batch(pairs, start_token(), end_token());
}

RowSource Seq2SeqTask::rows_of_text(const std::string& text, const std::string& origin) const {
  each_utf8_character(text, origin, [](std::string_view) {});  // throws if it is not UTF-8
  std::vector<Pair> pairs;
  std::istringstream lines(text);
  std::string line;
  for (int64_t number = 1; std::getline(lines, line); ++number)
    if (!is_blank(line))
      pairs.push_back(parse_line(line, *source_tokenizer_, *target_tokenizer_,
                                 fmt::format("{}:{}", origin, number)));
  if (pairs.empty())
    throw std::runtime_error(fmt::format(
        "{}: expected lines of the source's words, one tab, the target's words; got none", origin));
  return {.rows = static_cast<int64_t>(pairs.size()),
          .batch = [pairs, start = start_token(), end = end_token()](int64_t first, int64_t count) {
            return pair_batch({pairs.begin() + first, pairs.begin() + first + count}, start, end);
          }};
}

// Each answer is the likeliest token after the true ones before it. If all answers of a row are
// right, greedy decoding produces exactly the target; if not, it leaves the target at the first
// wrong one. So "exact match" is also the exact match of greedy decoding.
void Seq2SeqTask::score(const at::Tensor& output, const Batch& batch, Scores& scores) const {
  const auto right = output.argmax(-1).eq(batch.targets);  // [B, T], false where nothing is asked
  const auto right_in_row = right.sum(1).cpu();            // [B]
  const auto asked_in_row = scored(batch).sum(1).cpu();    // [B]
  const auto lengths = batch.input.source_lengths.cpu();   // [B]
  for (int64_t b = 0; b < lengths.size(0); ++b) {
    const int64_t rights = right_in_row.const_data_ptr<int64_t>()[b];
    const int64_t all = asked_in_row.const_data_ptr<int64_t>()[b];
    scores.count("token accuracy", "", "", rights, all);
    const auto bucket = length_bucket(lengths.const_data_ptr<int64_t>()[b]);
    scores.count("exact match", "", "", rights == all);
    scores.count("exact match", "length", bucket, rights == all);
  }
}

std::vector<GoldLinks> Seq2SeqTask::gold_links(const Batch& batch) const {
  if (!batch.alignment.defined()) return {};
  GoldLinks found{.name = "alignment",
                  .from = "the position that predicts a word",
                  .to = "the source word it stands for",
                  .to_source = true};
  const auto first = batch.alignment.cpu();  // [B, T]
  const auto second = batch.also_aligned.defined() ? batch.also_aligned.cpu() : at::Tensor();
  for (int64_t b = 0; b < first.size(0); ++b)
    for (int64_t t = 0; t < first.size(1); ++t) {
      const int64_t key = first[b][t].item<int64_t>();
      if (key == not_scored) continue;
      GoldLink link{.row = b, .query = t, .keys = {key}};
      if (second.defined() && second[b][t].item<int64_t>() != not_scored)
        link.keys.push_back(second[b][t].item<int64_t>());
      found.links.push_back(std::move(link));
    }
  return {found};
}

std::vector<Baseline> Seq2SeqTask::baselines() const {
  const int64_t words = target_tokenizer_->size();
  return {{.measure = "loss",
           .formula = fmt::format("ln {}", words),
           .value = std::log(static_cast<double>(words))}};
}

std::string Seq2SeqTask::example() {
  prepare({.seed = 1, .context = 16});
  const auto made = pair(Split::train, 0);
  return fmt::format("reads    {}\nanswers  {} {}\n", source_tokenizer_->decode(made.source),
                     target_tokenizer_->decode(made.target), end_of_sequence);
}

std::string Seq2SeqTask::default_prompt() const {
  return source_tokenizer_->decode(pair(Split::test, 0).source);
}

Random Seq2SeqTask::make_random(Split split, int64_t row) const {
  return {seed_, static_cast<uint64_t>(split), static_cast<uint64_t>(row)};
}

// About five buckets up to the longest source of training, each a multiple of 5 wide: "1-5",
// "6-10".
std::string Seq2SeqTask::length_bucket(int64_t length) const {
  const int64_t width = 5 * std::max<int64_t>(1, (longest_source_ + 24) / 25);
  const int64_t before = (length - 1) / width * width;
  return fmt::format("{}-{}", before + 1, before + width);
}

}  // namespace heed
