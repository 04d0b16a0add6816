#include "src/attend/recording.h"

#include <ATen/core/grad_mode.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "models/attention/attention_recorder.h"
#include "models/sequence_model.h"
#include "train/data/batch.h"
#include "train/generation/generation.h"

namespace heed {
namespace {

using Tokens = std::vector<int64_t>;
using Words = std::vector<std::string>;

// Keeps the requested indices along a dimension of the maps, or all, and returns them.
Tokens choose(std::map<AttentionKind, at::Tensor>& maps, int64_t dimension, const Tokens& asked,
              const std::string& option, const std::string& what) {
  for (auto& [kind, map] : maps) {
    const int64_t count = map.size(dimension);
    for (const int64_t number : asked)
      if (number < 0 || number >= count)
        throw ConfigError(
            fmt::format("{}: expected numbers from 0 to {}, since {}-attention has {} {}, got {}",
                        option, count - 1, to_string(kind), count, what, number));
    if (!asked.empty()) map = map.index_select(dimension, at::tensor(asked, at::kLong));
  }
  if (!asked.empty()) return asked;
  Tokens all(static_cast<size_t>(maps.begin()->second.size(dimension)));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

void check_once(const Tokens& numbers, const std::string& option) {
  if (std::set<int64_t>(numbers.begin(), numbers.end()).size() != numbers.size())
    throw ConfigError(
        fmt::format("{}: expected each number once, got {}", option, fmt::join(numbers, ",")));
}

AttentionArrays record(const Run& run, const SequenceInput& input, const HeadChoice& choice) {
  check_once(choice.layers, "--layers");
  check_once(choice.heads, "--heads");
  at::NoGradGuard no_gradients;
  AttentionRecorder recorder;
  run.model->forward(input, &recorder);
  AttentionArrays arrays{.maps = recorded_maps(recorder)};
  arrays.layers = choose(arrays.maps, 0, choice.layers, "--layers", "layers");
  arrays.heads = choose(arrays.maps, 2, choice.heads, "--heads", "heads");
  return arrays;
}

// --- Texts ---------------------------------------------------------------------------------------

Tokens encoded(const Tokenizer& tokenizer, const Text& text) {
  auto ids = tokenizer.encode(text.words, text.origin);
  if (ids.empty())
    throw std::runtime_error(text.origin + ": expected at least one token, got an empty text");
  return ids;
}

Words decode_words(const Tokens& ids, const Tokenizer& tokenizer) {
  Words words;
  for (const int64_t id : ids) words.push_back(tokenizer.token(id));
  return words;
}

// The tokens between two texts: a space for characters, nothing for words.
Tokens between(const Tokenizer& tokenizer) {
  const auto& [unit, tokens] = tokenizer.vocabulary();
  if (unit != "character") return {};
  const auto space = std::find(tokens.begin(), tokens.end(), " ");
  return space == tokens.end() ? Tokens() : Tokens{space - tokens.begin()};
}

// What a model that answers a source reads, and what it writes at each position.
struct Answer {
  Tokens read, written;
};

Answer given_answer(const Task& task, const Tokens& target) {
  Answer answer{.read = {task.start_token()}, .written = target};
  answer.read.insert(answer.read.end(), target.begin(), target.end());
  answer.written.push_back(task.end_token());
  return answer;
}

Answer likeliest_answer(const Run& run, const SequenceInput& source) {
  const auto& task = *run.config.task;
  const GenerationOptions options{
      .tokens = task.shape().max_length, .temperature = 0, .end_token = task.end_token()};
  Tokens written;
  at::NoGradGuard no_gradients;
  generate(*run.model, {.tokens = {task.start_token()}, .source = source}, options,
           [&written](int64_t, int64_t token) {
             written.push_back(token);
             return true;
           });
  auto answer = given_answer(task, written);
  if (std::ssize(written) < options.tokens) return answer;
  answer.read.pop_back();  // the answer was cut off: its next token is not known
  answer.written.pop_back();
  return answer;
}

// Source and answer are read in one pass.
AttentionArrays record_answer(const Run& run, const Text& first, const std::optional<Text>& second,
                              const HeadChoice& choice) {
  const auto& task = *run.config.task;
  const auto source = encoded(*task.source_tokenizer(), first);
  SequenceInput input{.source = row_tensor(*run.model, source).unsqueeze(0)};
  const auto answer = second ? given_answer(task, encoded(*task.tokenizer(), *second))
                             : likeliest_answer(run, input);
  input.values = row_tensor(*run.model, answer.read).unsqueeze(0);
  auto arrays = record(run, input, choice);
  arrays.tokens = decode_words(answer.read, *task.tokenizer());
  arrays.source_tokens = decode_words(source, *task.source_tokenizer());
  arrays.written = decode_words(answer.written, *task.tokenizer());
  return arrays;
}

// --- Rows of a task ------------------------------------------------------------------------------

// The only row of a batch without its padding, [T] or [T, C].
at::Tensor whole_row(const at::Tensor& values, const at::Tensor& lengths) {
  return lengths.defined() ? values[0].narrow(0, 0, lengths[0].item<int64_t>()) : values[0];
}

Words decode_words(const at::Tensor& ids, const Tokenizer& tokenizer) {
  const auto plain = ids.cpu().contiguous();
  Words words;
  for (int64_t i = 0; i < plain.numel(); ++i) {
    const int64_t id = plain.const_data_ptr<int64_t>()[i];
    words.push_back(id == not_scored ? "" : tokenizer.token(id));
  }
  return words;
}

// [T, C]: the numbers of a position, side by side.
Words format_numbers(const at::Tensor& values) {
  const auto plain = values.to(at::kCPU, at::kDouble).contiguous();
  Words words;
  for (int64_t t = 0; t < plain.size(0); ++t) {
    const auto* first = plain[t].const_data_ptr<double>();
    words.push_back(fmt::format("{:.3g}", fmt::join(first, first + plain.size(1), " ")));
  }
  return words;
}

}  // namespace

AttentionArrays record_text(const Run& run, const Text& first, const std::optional<Text>& second,
                            const HeadChoice& choice) {
  if (run.config.task->source_tokenizer()) return record_answer(run, first, second, choice);
  const auto& tokenizer = *run.config.task->tokenizer();
  auto read = encoded(tokenizer, first);
  std::optional<int64_t> second_start;
  if (second) {
    const auto space = between(tokenizer), after = encoded(tokenizer, *second);
    read.insert(read.end(), space.begin(), space.end());
    second_start = std::ssize(read);
    read.insert(read.end(), after.begin(), after.end());
  }
  auto arrays = record(run, {.values = row_tensor(*run.model, read).unsqueeze(0)}, choice);
  arrays.tokens = decode_words(read, tokenizer);
  arrays.second = second_start;
  return arrays;
}

AttentionArrays record_row(const Run& run, Split split, int64_t row, const HeadChoice& choice) {
  const auto& task = *run.config.task;
  const auto batch = task.batch(split, row, 1);
  const auto input = one_row(batch.to(run.model->tensor_options()).input, 0);
  auto arrays = record(run, input, choice);
  arrays.tokens = task.tokenizer() ? decode_words(input.values[0], *task.tokenizer())
                                   : format_numbers(input.values[0]);
  if (task.source_tokenizer()) {
    arrays.source_tokens = decode_words(input.source[0], *task.source_tokenizer());
    arrays.written = decode_words(whole_row(batch.targets, batch.input.lengths), *task.tokenizer());
  }
  arrays.links = task.gold_links(batch);
  return arrays;
}

}  // namespace heed
