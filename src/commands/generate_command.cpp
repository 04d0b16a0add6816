#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <CLI/CLI.hpp>

#include <optional>

#include "models/sequence_model.h"
#include "src/attend/run_page.h"
#include "src/commands/command.h"
#include "src/experiment/run.h"
#include "src/files/attention_arrays.h"
#include "train/files/file.h"
#include "train/generation/beam_search.h"
#include "train/generation/generation.h"
#include "train/generation/stop_text.h"

namespace heed {
namespace {

struct GenerateArguments {
  std::string run;
  std::optional<std::string> prompt;
  std::optional<int64_t> tokens;
  std::optional<double> temperature;
  std::optional<int64_t> top_k;
  std::optional<double> top_p;
  uint64_t seed = 1;
  int64_t samples = 1;
  int64_t evict = 1;
  std::string stop;
  int64_t beam = 0;  // 0: no beam search
  double length_penalty = 0;
  std::string attend;
  std::string device = "cpu";
};

// What the model reads first.
struct Start {
  Prompt prompt;
  std::vector<std::string> source_tokens = {};
  std::string shown = {};  // printed before the generated text
};

// The text of a sample, whose tokens come one by one. The previous token decides whether a space is
// needed.
class SampleText {
 public:
  SampleText(const Tokenizer& tokenizer, std::vector<int64_t> before, const std::string& stop)
      : tokenizer_(tokenizer), before_(std::move(before)), stop_(stop) {}

  // Takes the next token and returns what can be printed now.
  std::string take(int64_t token) {
    const auto text = tokenizer_.decode(before_);
    before_.push_back(token);
    const auto piece = tokenizer_.decode(before_).substr(text.size());
    before_ = {token};
    return stop_.feed(piece);
  }
  bool over() const { return stop_.over(); }
  std::string flush() { return stop_.flush(); }

 private:
  const Tokenizer& tokenizer_;
  std::vector<int64_t> before_;  // the last token, or none
  StopText stop_;
};

bool reads_source(const Run& run) { return run.config.task->source_tokenizer(); }

std::string why_no_generation(const Run& run) {
  if (run.config.task->shape().output == SequenceShape::Output::per_sequence)
    return fmt::format(
        "the task {} has one answer per sequence, not one per token; `heed evaluate` measures its "
        "answers",
        run.config.task_kind);
  return fmt::format(
      "it sees both sides of a position, so also tokens that are not generated yet; train a {} "
      "that sees only earlier positions (model.causal = true) on the next token",
      run.config.model_kind);
}

void check_run(const GenerateArguments& arguments, const Run& run) {
  const auto refuse = [&arguments](const std::string& why) {
    throw std::runtime_error(arguments.run + ": " + why);
  };
  if (!run.config.task->tokenizer())
    refuse(fmt::format(
        "expected a run whose model writes text, got the task {}, whose input is numbers; `heed "
        "evaluate` measures its answers",
        run.config.task_kind));
  if (!run.model->generates()) refuse("this model cannot generate text: " + why_no_generation(run));
  if (!arguments.attend.empty() && !run.model->has_attention())
    refuse(
        fmt::format("a model of the kind {} has no attention to record; leave out --attend, or "
                    "train one with model.kind = \"transformer\"",
                    run.config.model_kind));
  if (arguments.beam > 0 && !reads_source(run))
    throw ConfigError(fmt::format(
        "--beam: expected a run whose texts answer a source and have an end, got the task {}; "
        "leave it out, or use --temperature 0",
        run.config.task_kind));
}

GenerationOptions generation_options(const GenerateArguments& arguments, const Run& run) {
  const bool sampled = arguments.temperature || arguments.top_k || arguments.top_p;
  const bool source = reads_source(run);
  const GenerationOptions options{
      .tokens = arguments.tokens.value_or(source ? run.config.task->shape().max_length
                                                 : GenerationOptions().tokens),
      .temperature = arguments.temperature.value_or(source && !sampled ? 0 : 1),
      .top_k = arguments.top_k.value_or(0),
      .top_p = arguments.top_p.value_or(1),
      .seed = arguments.seed,
      .samples = arguments.samples,
      .eviction_stride = arguments.evict,
      .end_token = run.config.task->end_token()};
  if (options.samples > 1 && options.temperature <= 0)
    throw ConfigError(
        fmt::format("--samples: expected 1 if each token is the likeliest one, got {} times the "
                    "same text; sample with --temperature 1",
                    options.samples));
  if (options.samples > 1 && !arguments.attend.empty())
    throw ConfigError(
        fmt::format("--attend records one sample: expected --samples 1, got {}", options.samples));
  return options;
}

Start read_start(const GenerateArguments& arguments, const Run& run) {
  const auto& task = *run.config.task;
  const bool source = reads_source(run);
  const auto& tokenizer = source ? *task.source_tokenizer() : *task.tokenizer();
  const auto prompt = arguments.prompt.value_or(task.default_prompt());
  const auto ids = tokenizer.encode(prompt, "the prompt");
  if (ids.empty())
    throw std::runtime_error("--prompt: expected at least one token, got an empty text");
  if (!source) return {.prompt = {.tokens = ids}, .shown = tokenizer.decode(ids)};
  Start start{.prompt = {.tokens = {task.start_token()},
                         .source = {.source = row_tensor(*run.model, ids).unsqueeze(0)}}};
  for (const int64_t id : ids) start.source_tokens.push_back(tokenizer.token(id));
  return start;
}

SampleText empty_text(const GenerateArguments& arguments, const Run& run, const Start& start) {
  const std::vector<int64_t> before =
      reads_source(run) ? std::vector<int64_t>() : std::vector{start.prompt.tokens.back()};
  return {*run.config.task->tokenizer(), before, arguments.stop};
}

void search_text(const GenerateArguments& arguments, const Run& run, const Start& start) {
  const auto best =
      beam_search(*run.model, start.prompt,
                  {.width = arguments.beam,
                   .tokens = arguments.tokens.value_or(run.config.task->shape().max_length),
                   .length_penalty = arguments.length_penalty,
                   .end_token = run.config.task->end_token()})
          .front();
  auto text = empty_text(arguments, run, start);
  std::string all;
  for (const int64_t token : best.tokens) all += text.take(token);
  fmt::print("{}{}\n", all, text.flush());
}

// Writes the maps of the tokens that were read. The last token was generated, but not read.
void write_maps(const AttentionRecorder& recorder, const std::vector<int64_t>& tokens,
                const Run& run, const Start& start, const std::string& folder) {
  AttentionArrays arrays{.maps = recorded_maps(recorder),
                         .source_tokens = start.source_tokens,
                         .prompt = std::ssize(start.prompt.tokens)};
  const auto& [kind, map] = *arrays.maps.rbegin();  // the last is of the sequence, not of a source
  const int64_t read = map.size(3), seen = map.size(4);
  if (kind != AttentionKind::cross && read > seen)
    throw std::runtime_error(fmt::format(
        "--attend: expected at most {} tokens with the prompt, since this model sees no "
        "more at once, got {}; ask for fewer --tokens",
        seen, read));
  for (int64_t i = 0; i < read; ++i)
    arrays.tokens.push_back(run.config.task->tokenizer()->token(tokens[static_cast<size_t>(i)]));
  write_attention_arrays(arrays, folder);
  RunPage page(run, "heed generate " + run.directory.path().string());
  page.show_analysis(run);
  page.add(arrays, "sample");
  page.write(folder + "/attention.html");
  spdlog::info("wrote the attention of {} tokens to {}/attention.npz and attention.html", read,
               folder);
}

void stream_sample(const GenerateArguments& arguments, const Run& run, const Start& start,
                   const GenerationOptions& options) {
  const bool attend = !arguments.attend.empty();
  if (attend) make_folder(arguments.attend);
  AttentionRecorder recorder;
  auto tokens = start.prompt.tokens;
  auto text = empty_text(arguments, run, start);
  const auto print = [](const std::string& piece) {
    fmt::print("{}", piece);
    std::fflush(stdout);
  };
  print(start.shown);
  const auto on_token = [&](int64_t, int64_t token) {
    tokens.push_back(token);
    print(text.take(token));
    return !text.over();
  };
  generate(*run.model, start.prompt, options, on_token, attend ? &recorder : nullptr);
  print(text.flush() + "\n");
  if (attend) write_maps(recorder, tokens, run, start, arguments.attend);
}

void print_samples(const GenerateArguments& arguments, const Run& run, const Start& start,
                   const GenerationOptions& options) {
  const auto count = static_cast<size_t>(options.samples);
  std::vector<SampleText> texts(count, empty_text(arguments, run, start));
  std::vector<std::string> complete(count, start.shown);
  generate(*run.model, start.prompt, options, [&](int64_t sample, int64_t token) {
    const auto i = static_cast<size_t>(sample);
    complete[i] += texts[i].take(token);
    return !texts[i].over();
  });
  for (size_t i = 0; i < count; ++i)
    fmt::print("--- sample {} of {} ---\n{}{}\n", i + 1, count, complete[i], texts[i].flush());
}

int generate_text(const GenerateArguments& arguments) {
  const auto run = open_run(arguments.run, parse_device(arguments.device));
  check_run(arguments, run);
  const auto options = generation_options(arguments, run);
  const auto start = read_start(arguments, run);
  if (arguments.beam > 0)
    search_text(arguments, run, start);
  else if (options.samples > 1)
    print_samples(arguments, run, start, options);
  else
    stream_sample(arguments, run, start, options);
  return status_done;
}

class GenerateCommand : public Command {
 public:
  int help_order() const override { return 3; }

  void add_options(CLI::App& app) override {
    app.add_option("RUN", arguments_.run, "the run directory")->required();
    app.add_option("--prompt", arguments_.prompt,
                   "the text to continue, or the source to answer (default: the task's own)")
        ->type_name("TEXT");
    add_sampling_options(app);
    app.add_option("--attend", arguments_.attend,
                   "also record where each head looks, in DIR/attention.npz")
        ->type_name("DIR");
    add_search_options(app);
    add_device_option(app, arguments_.device);
  }

  std::string details() const override {
    return R"(
Keys and values of the tokens read so far are cached. If the text outgrows the context of a model
with learned positions, the oldest tokens are evicted and the rest is read again. --evict 32 evicts
32 tokens at a time, which is many times faster than one at a time.

If the task has a source, as a translation has, --prompt is the source, and the likeliest answer is
printed. --beam N searches for a likelier one.)";
  }

  std::vector<Example> examples() const override {
    return {{"heed generate runs/shakespeare_char --prompt 'ROMEO:' --tokens 200",
             "continues the text by 200 characters"},
            {"heed generate runs/translate --prompt 'the cats sleep .' --beam 4",
             "translates a sentence with beam search"}};
  }

  int run() override { return generate_text(arguments_); }

 private:
  void add_sampling_options(CLI::App& app);
  void add_search_options(CLI::App& app);

  GenerateArguments arguments_;
};

void GenerateCommand::add_sampling_options(CLI::App& app) {
  app.add_option("--tokens", arguments_.tokens,
                 "the most new tokens (default: 200; with a source, the longest length of "
                 "training)")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  app.add_option("--temperature", arguments_.temperature,
                 "above 1 is more random, below 1 less, 0 takes the likeliest token (default: 1; "
                 "with a source 0)")
      ->type_name("T")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--top-k", arguments_.top_k,
                 "sample among the K likeliest tokens (default: 0, all)")
      ->type_name("K")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--top-p", arguments_.top_p,
                 "sample among the likeliest tokens whose probabilities sum to P")
      ->type_name("P")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--seed", arguments_.seed, "of the samples")
      ->type_name("S")
      ->capture_default_str();
  app.add_option("--samples", arguments_.samples, "how many texts to sample side by side")
      ->type_name("N")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--evict", arguments_.evict,
                 "how many tokens to evict at a time when the context is full: more is faster, "
                 "and leaves a shorter past")
      ->type_name("N")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--stop", arguments_.stop, "end a text before this one")->type_name("TEXT");
}

void GenerateCommand::add_search_options(CLI::App& app) {
  auto* beam =
      app.add_option("--beam", arguments_.beam,
                     "if the task has a source, search for the likeliest text with N hypotheses")
          ->type_name("N")
          ->check(CLI::PositiveNumber);
  for (const auto* sampling : {"--temperature", "--top-k", "--top-p", "--samples", "--attend"})
    beam->excludes(sampling);
  app.add_option("--length-penalty", arguments_.length_penalty,
                 "how much longer texts gain in the search (1609.08144)")
      ->type_name("A")
      ->check(CLI::NonNegativeNumber)
      ->needs(beam)
      ->capture_default_str();
}

const Registration<Command, GenerateCommand> generate_registration{
    "generate", "continue a text, or answer a source, with a trained model"};

}  // namespace
}  // namespace heed
