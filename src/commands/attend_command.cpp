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
        fmt::format("{}: expected a run whose model reads text, got the task {}, whose input is "
                    "numbers; --sample N records rows of it",
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
  if (!sentence)
    throw std::runtime_error(arguments.file + ": expected one text per line, got none");
  auto following = sentences.next();
  // An error in the first one leaves no folder.
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

class AttendCommand : public Command {
 public:
  int help_order() const override { return 4; }

  void add_options(CLI::App& app) override {
    app.add_option("RUN", arguments_.run, "the run directory")->required();
    add_source_options(app);
    add_output_options(app);
    add_device_option(app, arguments_.device);
  }

  std::string details() const override {
    return R"(
Give one of --text, --file and --sample. The maps are what the heads used: after mask and softmax,
before dropout. The folder gets attention.npz with `attn`, float32 [layers, 1, heads, tokens,
tokens], and `tokens`; one figure per layer, as PNG and SVG; and attention.html, a page to explore the
maps that needs no network. A translator gives the maps of the encoder, the decoder and the
cross-attention (`encoder`, `decoder`, `cross`) and `source_tokens`. --sample also stores the task's
gold links, as `links`.

Sentences are written one at a time, so that a corpus need not fit in memory: each in its own
folder, or with --one-file all in one archive, numbered (`attn_00001`, `tokens_00001`, ...).

--pair gives a translator the answer to read instead of its own; any other model reads it after the
first text.)";
  }

  std::vector<Example> examples() const override {
    return {{"heed attend runs/demo/transformer --text 'the cats that the dog sees sleep .'",
             "draws every head on one sentence"},
            {"heed attend runs/translate --sample 100 --one-file --out maps",
             "records 100 validation rows in one archive"}};
  }

  int run() override { return attend(arguments_); }

 private:
  void add_source_options(CLI::App& app);
  void add_output_options(CLI::App& app);

  AttendArguments arguments_;
};

void AttendCommand::add_source_options(CLI::App& app) {
  auto* source = app.add_option_group("source", "what the model reads");
  auto* text = source->add_option("--text", arguments_.text, "read one text")->type_name("TEXT");
  source
      ->add_option("--file", arguments_.file,
                   "read each line of a file; a tab separates the two texts of a pair")
      ->type_name("FILE");
  auto* sample = source->add_option("--sample", arguments_.sample, "read the task's first N rows")
                     ->type_name("N")
                     ->check(CLI::PositiveNumber);
  source->require_option(1);
  app.add_option("--pair", arguments_.pair,
                 "a second text: the answer of a translator; any other model reads it after the "
                 "first")
      ->type_name("TEXT")
      ->needs(text);
  add_split_option(app, arguments_.split, "the rows of which data")->needs(sample);
}

void AttendCommand::add_output_options(CLI::App& app) {
  app.add_option("--out", arguments_.out,
                 "folder for arrays, figures and the page (default: RUN/attention)")
      ->type_name("DIR");
  const auto add_numbers = [&app](const std::string& name, std::vector<int64_t>& numbers,
                                  const std::string& help) {
    app.add_option(name, numbers, help)->delimiter(',')->allow_extra_args(false)->type_name("I,J");
  };
  add_numbers("--layers", arguments_.choice.layers, "only these layers, counted from 0");
  add_numbers("--heads", arguments_.choice.heads, "only these heads of each layer");
  app.add_flag("--float16", arguments_.dump.float16, "store maps in half precision, half as large");
  app.add_flag("--safetensors", arguments_.dump.safetensors,
               "also write attention.safetensors, with tokens and names as metadata");
  app.add_flag("--one-file", arguments_.one_file,
               "store all texts in one attention.npz, numbered, instead of a folder each");
  app.add_option("--figures", arguments_.figures, "draw all texts, none, or the first 8 (auto)")
      ->type_name("auto|all|none")
      ->check(CLI::IsMember({"auto", "all", "none"}))
      ->capture_default_str();
}

const Registration<Command, AttendCommand> attend_registration{
    "attend", "record and draw where each attention head looks"};

}  // namespace
}  // namespace heed
