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
  std::string prompt;
  bool has_prompt = false;
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

// Where a text comes from and how its tokens are read.
struct Start {
  Prompt prompt;
  std::vector<std::string> source_tokens = {};
  std::string shown = {};  // what stands before the generated text
};

// A sample's text as its tokens come one by one; the token before decides about the space.
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
        "the task {} asks for one answer a sequence, not for one a token; `heed evaluate` judges "
        "its answers",
        run.config.task_kind);
  return fmt::format(
      "it sees both sides of a position, also the tokens that would still have to be generated; "
      "train a {} that sees only what came before (model.causal = true) on the next token",
      run.config.model_kind);
}

void check_run(const GenerateArguments& arguments, const Run& run) {
  const auto refuse = [&arguments](const std::string& why) {
    throw std::runtime_error(arguments.run + ": " + why);
  };
  if (!run.config.task->tokenizer())
    refuse(fmt::format(
        "expected a run whose model writes text, got the task {}, which shows it numbers; `heed "
        "evaluate` judges its answers",
        run.config.task_kind));
  if (!run.model->generates()) refuse("this model cannot generate text: " + why_no_generation(run));
  if (!arguments.attend.empty() && !run.model->has_attention())
    refuse(
        fmt::format("a model of the kind {} has no attention to record; leave out --attend, or "
                    "train one with model.kind = \"transformer\"",
                    run.config.model_kind));
  if (arguments.beam > 0 && !reads_source(run))
    throw ConfigError(fmt::format(
        "--beam: expected a run whose texts are made from a source and have an end, got the task "
        "{}; leave it out, or take --temperature 0",
        run.config.task_kind));
}

GenerationOptions generation_options(const GenerateArguments& arguments, const Run& run) {
  const bool drawn = arguments.temperature || arguments.top_k || arguments.top_p;
  const bool source = reads_source(run);
  const GenerationOptions options{
      .tokens = arguments.tokens.value_or(source ? run.config.task->shape().max_length
                                                 : GenerationOptions().tokens),
      .temperature = arguments.temperature.value_or(source && !drawn ? 0 : 1),
      .top_k = arguments.top_k.value_or(0),
      .top_p = arguments.top_p.value_or(1),
      .seed = arguments.seed,
      .samples = arguments.samples,
      .eviction_stride = arguments.evict,
      .end_token = run.config.task->end_token()};
  if (options.samples > 1 && options.temperature <= 0)
    throw ConfigError(
        fmt::format("--samples: expected 1 where each token is the likeliest one, got {} of the "
                    "same text; draw them with --temperature 1",
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
  const auto prompt = arguments.has_prompt ? arguments.prompt : task.default_prompt();
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

// Writes the maps of what was read: `tokens` but for the last one, where that was drawn and not
// read.
void write_maps(const AttentionRecorder& recorder, const std::vector<int64_t>& tokens,
                const Run& run, const Start& start, const std::string& folder) {
  AttentionArrays arrays{.maps = recorded_maps(recorder),
                         .source_tokens = start.source_tokens,
                         .prompt = std::ssize(start.prompt.tokens)};
  const auto& [kind, map] = *arrays.maps.rbegin();  // of the sequence: only the encoder's is not
  const int64_t read = map.size(3), seen = map.size(4);
  if (kind != AttentionKind::cross && read > seen)
    throw std::runtime_error(
        fmt::format("--attend: expected at most {} tokens, the prompt counted, since this model "
                    "sees no more at once; got {}; ask for fewer --tokens",
                    seen, read));
  for (int64_t i = 0; i < read; ++i)
    arrays.tokens.push_back(run.config.task->tokenizer()->token(tokens[static_cast<size_t>(i)]));
  write_attention_arrays(arrays, folder);
  RunPage page(run, "heed generate " + run.directory.path().string());
  page.show_analysis(run);
  page.add(arrays, "sample");
  page.write(folder + "/attention.html");
  spdlog::info("attention of {} tokens is in {}/attention.npz, to look at in attention.html", read,
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

void add_drawing(CLI::App& command, GenerateArguments& arguments) {
  command
      .add_option("--tokens", arguments.tokens,
                  "how many new tokens, at most (default: 200; where a text is made from a source, "
                  "as many as the longest in training)")
      ->check(CLI::PositiveNumber);
  command
      .add_option("--temperature", arguments.temperature,
                  "above 1 wilder, below 1 safer, 0 the likeliest (default: 1; from a source 0)")
      ->check(CLI::NonNegativeNumber);
  command.add_option("--top-k", arguments.top_k, "only the K likeliest tokens; 0: all")
      ->check(CLI::NonNegativeNumber);
  command.add_option("--top-p", arguments.top_p, "only the likeliest tokens that reach P together")
      ->check(CLI::Range(0.0, 1.0));
  command.add_option("--seed", arguments.seed, "of the draws");
  command.add_option("--samples", arguments.samples, "how many texts, drawn side by side")
      ->check(CLI::PositiveNumber);
  command
      .add_option(
          "--evict", arguments.evict,
          "tokens that leave together when the context is full (default 1): more are faster, "
          "with a shorter past")
      ->check(CLI::PositiveNumber);
  command.add_option("--stop", arguments.stop, "a text ends before this one")->type_name("TEXT");
}

void add_search(CLI::App& command, GenerateArguments& arguments) {
  auto* beam = command
                   .add_option("--beam", arguments.beam,
                               "search for the likeliest text with so many hypotheses, where it is "
                               "made from a source")
                   ->check(CLI::PositiveNumber);
  for (const auto* drawing : {"--temperature", "--top-k", "--top-p", "--samples", "--attend"})
    beam->excludes(drawing);
  command
      .add_option("--length-penalty", arguments.length_penalty,
                  "of the search; 0: none, above it longer texts gain (1609.08144)")
      ->check(CLI::NonNegativeNumber)
      ->needs(beam);
}

}  // namespace

void add_generate(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<GenerateArguments>();
  auto* command = app.add_subcommand("generate", "let a trained model continue or answer a text");
  command->footer("Example: heed generate runs/shakespeare_char --prompt 'ROMEO:' --tokens 200");
  command->add_option("RUN", arguments->run, "the run directory")->required();
  command
      ->add_option_function<std::string>(
          "--prompt",
          [arguments](const std::string& prompt) {
            arguments->prompt = prompt;
            arguments->has_prompt = true;
          },
          "what to continue, or the source to answer (default: a line end, or the task's own)")
      ->type_name("TEXT");
  add_drawing(*command, *arguments);
  command
      ->add_option("--attend", arguments->attend,
                   "record where each head looks meanwhile, into DIR/attention.npz")
      ->type_name("DIR");
  add_search(*command, *arguments);
  command->add_option("--device", arguments->device, "where to compute")
      ->check(CLI::IsMember({"cpu", "cuda"}));
  command->callback(
      [&action, arguments] { action = [arguments] { return generate_text(*arguments); }; });
}

}  // namespace heed
