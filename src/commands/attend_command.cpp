#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "models/sequence_model.h"
#include "src/attend/attend_output.h"
#include "src/attend/recording.h"
#include "src/attend/sentences.h"
#include "src/commands/command.h"
#include "src/experiment/run.h"

namespace heed {
namespace {

struct AttendArguments {
  std::string run;
  std::optional<std::string> text, pair;
  std::string file;
  int64_t sample = 0;
  std::string split = "validation";
  HeadChoice choice;
  std::string out;
  DumpOptions dump;
  bool one_file = false;
  std::string figures = "auto";
  std::string device = "cpu";
};

void check_run(const AttendArguments& arguments, const Run& run) {
  if (!run.config.task->tokenizer() && arguments.sample == 0)
    throw std::runtime_error(
        fmt::format("{}: expected a run whose model reads text, got the task {}, which shows it "
                    "numbers; --sample N takes rows of it",
                    arguments.run, run.config.task_kind));
  if (!run.model->has_attention())
    throw std::runtime_error(
        fmt::format("{}: a model of the kind {} has no attention to record; train one with "
                    "model.kind = \"transformer\"",
                    arguments.run, run.config.model_kind));
}

Figures choose_figures(const AttendArguments& arguments) {
  return arguments.figures == "all"    ? Figures::all
         : arguments.figures == "none" ? Figures::none
                                       : Figures::automatic;
}

Sentences choose_sentences(const AttendArguments& arguments, const Run& run) {
  if (!arguments.file.empty()) return lines_of_file(arguments.file);
  if (arguments.sample > 0)
    return rows_of_split(*run.config.task, parse_split(arguments.split), arguments.sample);
  std::optional<Text> second;
  if (arguments.pair) second = Text{.words = *arguments.pair, .origin = "--pair"};
  return given_text({.words = arguments.text.value_or(""), .origin = "--text"}, second);
}

AttentionArrays record(const AttendArguments& arguments, const Run& run, const Sentence& sentence) {
  return sentence.text
             ? record_text(run, *sentence.text, sentence.second, arguments.choice)
             : record_row(run, parse_split(arguments.split), sentence.number - 1, arguments.choice);
}

int attend(const AttendArguments& arguments) {
  const auto run = open_run(arguments.run, parse_device(arguments.device));
  check_run(arguments, run);
  const auto sentences = choose_sentences(arguments, run);
  auto sentence = sentences.next();
  if (!sentence) throw std::runtime_error(arguments.file + ": expected a text a line, got none");
  auto following = sentences.next();
  // What the first one shows to be wrong leaves no folder behind.
  auto arrays = record(arguments, run, *sentence);
  const std::filesystem::path given = arguments.out;
  AttendOutput output(run, {.folder = given.empty() ? run.directory.attention() : given,
                            .dump = arguments.dump,
                            .one_file = arguments.one_file,
                            .alone = !following,
                            .figures = choose_figures(arguments),
                            .total = sentences.total});
  output.add(*sentence, arrays);
  for (; following; following = sentences.next())
    output.add(*following, record(arguments, run, *following));
  output.close();
  return status_done;
}

void add_source(CLI::App& command, AttendArguments& arguments) {
  auto* source = command.add_option_group("source", "what the model reads");
  auto* text = source->add_option("--text", arguments.text, "one text")->type_name("TEXT");
  source
      ->add_option("--file", arguments.file,
                   "a file with a text a line; a tab within a line makes it a pair")
      ->type_name("FILE");
  auto* sample = source->add_option("--sample", arguments.sample, "the first N rows of the task")
                     ->type_name("N")
                     ->check(CLI::PositiveNumber);
  source->require_option(1);
  command
      .add_option("--pair", arguments.pair,
                  "a second text: the target, where a model reads a source; else read behind the "
                  "first")
      ->type_name("TEXT")
      ->needs(text);
  command.add_option("--split", arguments.split, "of the task (default: validation)")
      ->check(CLI::IsMember({"validation", "test"}))
      ->needs(sample);
}

void add_output(CLI::App& command, AttendArguments& arguments) {
  command
      .add_option("--out", arguments.out, "folder for arrays and figures (default: RUN/attention)")
      ->type_name("DIR");
  const auto add_numbers = [&command](const std::string& name, std::vector<int64_t>& numbers,
                                      const std::string& what) {
    command.add_option(name, numbers, what)
        ->delimiter(',')
        ->allow_extra_args(false)
        ->type_name("I,J");
  };
  add_numbers("--layers", arguments.choice.layers, "only these layers, counted from 0");
  add_numbers("--heads", arguments.choice.heads, "only these heads of each layer");
  command.add_flag("--float16", arguments.dump.float16, "maps in half precision, half as large");
  command.add_flag("--safetensors", arguments.dump.safetensors,
                   "write attention.safetensors beside attention.npz");
  command.add_flag("--one-file", arguments.one_file,
                   "all texts in one attention.npz, numbered, not a folder each");
  command
      .add_option("--figures", arguments.figures, "draw all sentences, none, or the first 8 (auto)")
      ->check(CLI::IsMember({"auto", "all", "none"}));
}

}  // namespace

void add_attend(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<AttendArguments>();
  auto* command = app.add_subcommand("attend", "record and draw where each attention head looks");
  command->footer(
      "Example: heed attend runs/demo/transformer --text 'the cats that the dog chases sleep .'");
  command->add_option("RUN", arguments->run, "the run directory")->required();
  add_source(*command, *arguments);
  add_output(*command, *arguments);
  command->add_option("--device", arguments->device, "where to compute")
      ->check(CLI::IsMember({"cpu", "cuda"}));
  command->callback([&action, arguments] { action = [arguments] { return attend(*arguments); }; });
}

}  // namespace heed
