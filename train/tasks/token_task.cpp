#include "train/tasks/token_task.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <stdexcept>

namespace heed {
namespace {

// Tokens above their answers, in columns, in lines of at most 80 characters.
std::string two_lines(const std::vector<std::string>& read, const std::vector<std::string>& asked) {
  std::string text, above = "reads  ", below = "answers";
  const auto flush = [&] {
    const auto trimmed = [](const std::string& line) {
      return line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    };
    text += (text.empty() ? "" : "\n") + trimmed(above) + trimmed(below);
    above = below = "       ";
  };
  for (size_t i = 0; i < read.size(); ++i) {
    const auto width = std::max(read[i].size(), asked[i].size());
    if (above.size() + 1 + width > 80) flush();
    above += fmt::format(" {:<{}}", read[i], width);
    below += fmt::format(" {:<{}}", asked[i], width);
  }
  flush();
  return text;
}

}  // namespace

Batch row_batch(const std::vector<Row>& rows) {
  size_t length = 0, answers = 0;
  bool padded = false, grouped = false;
  for (const auto& row : rows) {
    padded = padded || row.tokens.size() != rows.front().tokens.size();
    grouped = grouped || !row.groups.empty();
    length = std::max(length, row.tokens.size());
    answers = std::max(answers, row.targets.size());
  }
  const auto batch = static_cast<int64_t>(rows.size());
  auto values = at::zeros({batch, static_cast<int64_t>(length)}, at::kLong);
  auto targets = at::full({batch, static_cast<int64_t>(answers)}, not_scored, at::kLong);
  auto groups = grouped ? at::full_like(targets, not_scored) : at::Tensor();
  auto lengths = at::empty({batch}, at::kLong);
  for (size_t b = 0; b < rows.size(); ++b) {
    const auto& row = rows[b];
    std::copy(row.tokens.begin(), row.tokens.end(), values.data_ptr<int64_t>() + b * length);
    std::copy(row.targets.begin(), row.targets.end(), targets.data_ptr<int64_t>() + b * answers);
    if (grouped)
      std::copy(row.groups.begin(), row.groups.end(), groups.data_ptr<int64_t>() + b * answers);
    lengths.data_ptr<int64_t>()[b] = static_cast<int64_t>(row.tokens.size());
  }
  return {.input = {.values = values, .lengths = padded ? lengths : at::Tensor()},
          .targets = targets,
          .groups = groups};
}

void TokenTask::describe(OptionList& list) {
  list.add("evaluation_rows", &evaluation_rows_, "rows of the validation and of the test split")
      .at_least(1);
}

void TokenTask::prepare(const TaskSetup& setup) {
  setup_ = setup;
  tokenizer_.emplace(Vocabulary{.unit = "word", .tokens = words()});
  answers_ = answers();
  if (answers_.empty()) answers_ = tokenizer_->vocabulary().tokens;
}

SequenceShape TokenTask::shape() const {
  using Output = SequenceShape::Output;
  using Context = SequenceShape::Context;
  return {.vocabulary = tokenizer_->size(),
          .output = per_sequence() ? Output::per_sequence : Output::per_position,
          .context = predicts() ? Context::causal : Context::any,
          .output_width = static_cast<int64_t>(answers_.size()),
          .max_length = longest_row()};
}

Row TokenTask::make_row(Split split, int64_t number) const {
  Random random(setup_.seed, static_cast<uint64_t>(split), static_cast<uint64_t>(number));
  return row(random, split);
}

Batch TokenTask::batch(Split split, int64_t first, int64_t count) const {
  std::vector<Row> rows;
  rows.reserve(static_cast<size_t>(count));
  for (int64_t number = first; number < first + count; ++number)
    rows.push_back(make_row(split, number));
  auto batch = row_batch(rows);
  if (!per_sequence()) return batch;
  batch.targets = batch.targets.squeeze(1);  // [B]
  if (batch.groups.defined()) batch.groups = batch.groups.squeeze(1);
  return batch;
}

RowSource TokenTask::rows_of_text(const std::string&, const std::string& origin) const {
  throw std::runtime_error(
      fmt::format("{}: expected a run on text, got one on synthetic rows; leave out --text to "
                  "evaluate it on its own rows",
                  origin));
}

void TokenTask::score(const at::Tensor& output, const Batch& batch, Scores& scores) const {
  const auto right = output.argmax(-1).eq(batch.targets);
  if (!batch.groups.defined()) {
    const auto counts = scored(batch);
    scores.count(measure(), "", "", right.logical_and(counts).sum().item<int64_t>(),
                 counts.sum().item<int64_t>());
    return;
  }
  const auto counts = batch.groups.ne(not_scored);
  const auto groups = batch.groups.masked_select(counts).cpu();  // [N]
  const auto hits = right.masked_select(counts).cpu();           // [N]
  std::map<int64_t, Score> by_group;
  for (int64_t i = 0; i < groups.numel(); ++i) {
    auto& score = by_group[groups.const_data_ptr<int64_t>()[i]];
    score.correct += hits.const_data_ptr<bool>()[i];
    ++score.total;
  }
  for (const auto& [group, score] : by_group) {
    scores.count(measure(), "", "", score.correct, score.total);
    if (!group_name().empty())
      scores.count(measure(), group_name(), bucket(group), score.correct, score.total);
  }
}

std::vector<GoldLink> TokenTask::gold_links_in_row(const std::vector<int64_t>&,
                                                   const std::vector<int64_t>&) const {
  return {};
}

std::vector<GoldLinks> TokenTask::gold_links(const Batch& batch) const {
  auto found = link_kind();
  if (found.name.empty()) return {};
  const auto values = batch.input.values.cpu().contiguous();  // [B, T]
  const auto targets = batch.targets.cpu().contiguous();      // [B, T] or [B]
  const auto lengths = batch.input.lengths.defined() ? batch.input.lengths.cpu() : at::Tensor();
  for (int64_t b = 0; b < values.size(0); ++b) {
    const int64_t length = lengths.defined() ? lengths[b].item<int64_t>() : values.size(1);
    const auto* read = values.const_data_ptr<int64_t>() + b * values.size(1);
    const int64_t answers = per_sequence() ? 1 : length;
    const auto* asked =
        targets.const_data_ptr<int64_t>() + b * (per_sequence() ? 1 : targets.size(1));
    for (auto& link : gold_links_in_row({read, read + length}, {asked, asked + answers})) {
      link.row = b;
      found.links.push_back(std::move(link));
    }
  }
  return {found};
}

// The first third of a row.
std::string TokenTask::default_prompt() const {
  auto tokens = make_row(Split::test, 0).tokens;
  tokens.resize(tokens.size() / 3 + 1);
  return tokenizer_->decode(tokens);
}

std::string TokenTask::example() {
  make_small();
  prepare({.seed = 1, .context = 16});
  const auto made = make_row(Split::train, 0);
  std::vector<std::string> read, asked;
  for (const auto token : made.tokens) read.push_back(tokenizer_->token(token));
  asked.resize(read.size());
  if (per_sequence())
    asked.back() = answer_text(made.targets.front());
  else
    for (size_t i = 0; i < read.size(); ++i) asked[i] = answer_text(made.targets[i]);
  return two_lines(read, asked);
}

std::string TokenTask::answer_text(int64_t answer) const {
  return answer == not_scored ? "" : answers_.at(static_cast<size_t>(answer));
}

std::string bucket_of_width(int64_t number, int64_t width) {
  const int64_t before = (number - 1) / width * width;
  return width == 1 ? std::to_string(number) : fmt::format("{}-{}", before + 1, before + width);
}

std::string doubling_bucket(int64_t number) {
  if (number <= 2) return std::to_string(number);
  int64_t last = 4;
  while (last < number) last *= 2;
  return fmt::format("{}-{}", last / 2 + 1, last);
}

}  // namespace heed
