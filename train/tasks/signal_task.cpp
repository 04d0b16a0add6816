#include "train/tasks/signal_task.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace heed {
namespace {

// Whole numbers without decimals, so that markers stand out among measurements.
std::string format_cell(double value) {
  return value == std::round(value) ? fmt::format("{:>5.0f}", value)
                                    : fmt::format("{:>5.2f}", value);
}

}  // namespace

void SignalTask::describe(OptionList& list) {
  list.add("evaluation_rows", &evaluation_rows_, "rows of the validation and of the test split")
      .at_least(1);
}

SequenceShape SignalTask::shape() const {
  return {.channels = static_cast<int64_t>(channels().size()),
          .output = SequenceShape::Output::per_sequence,
          .output_width = asks_number() ? 1 : static_cast<int64_t>(classes().size()),
          .max_length = length()};
}

Random SignalTask::make_random(Split split, int64_t number) const {
  return {setup_.seed, static_cast<uint64_t>(split), static_cast<uint64_t>(number)};
}

Batch SignalTask::batch(Split split, int64_t first, int64_t count) const {
  const auto width = static_cast<int64_t>(channels().size());
  const auto row_size = static_cast<size_t>(length() * width);
  auto values = at::empty({count, length(), width}, at::kFloat);
  auto answers = at::empty({count}, at::kDouble);
  auto* next = values.mutable_data_ptr<float>();
  for (int64_t i = 0; i < count; ++i, next += row_size) {
    auto random = make_random(split, first + i);
    answers.mutable_data_ptr<double>()[i] = write_row(random, split, first + i, {next, row_size});
  }
  const auto targets =
      asks_number() ? answers.to(at::kFloat).unsqueeze(1) : answers.to(at::kLong);  // [B, 1] or [B]
  return {.input = {.values = values}, .targets = targets};
}

RowSource SignalTask::rows_of_text(const std::string&, const std::string& origin) const {
  throw std::runtime_error(
      fmt::format("{}: expected a run on text, got one on rows of numbers; leave out --text to "
                  "evaluate it on its own rows",
                  origin));
}

LossUnit SignalTask::loss_unit() const {
  return asks_number() ? LossUnit::squared_error : LossUnit::nats;
}

at::Tensor SignalTask::loss(const at::Tensor& output, const Batch& batch) const {
  return asks_number() ? losses(output, batch).mean() : Task::loss(output, batch);
}

at::Tensor SignalTask::losses(const at::Tensor& output, const Batch& batch) const {
  if (!asks_number()) return Task::losses(output, batch);
  return (output - batch.targets).square().squeeze(1);  // [B], in the wider of the two types
}

at::Tensor SignalTask::scored(const Batch& batch) const {
  return at::ones({batch.targets.size(0)}, batch.targets.options().dtype(at::kBool));
}

void SignalTask::score(const at::Tensor& output, const Batch& batch, Scores& scores) const {
  if (asks_number()) return;
  scores.count("accuracy", "", "", output.argmax(-1).eq(batch.targets).sum().item<int64_t>(),
               batch.targets.size(0));
}

std::string SignalTask::example() {
  make_small();
  prepare({.seed = 1, .context = 16});
  const auto one = batch(Split::train, 0, 1);
  const auto names = channels();
  size_t width = std::string("answer").size();
  for (const auto& name : names) width = std::max(width, name.size());
  std::string text;
  for (size_t channel = 0; channel < names.size(); ++channel) {
    text += fmt::format("{:<{}}", names[channel], width);
    for (int64_t step = 0; step < length(); ++step)
      text += " " +
              format_cell(one.input.values[0][step][static_cast<int64_t>(channel)].item<double>());
    text += "\n";
  }
  const auto answer = one.targets.flatten()[0];
  const auto text_of_answer = asks_number()
                                  ? format_cell(answer.item<double>())
                                  : classes().at(static_cast<size_t>(answer.item<int64_t>()));
  return text + fmt::format("{:<{}} {:>5}\n", "answer", width, text_of_answer);
}

}  // namespace heed
