#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <filesystem>
#include <sstream>

#include "models/attention_recorder.h"
#include "src/attention_figure.h"
#include "src/command.h"
#include "src/gnuplot.h"
#include "src/npz.h"
#include "src/run.h"
#include "train/file.h"

namespace heed {
namespace {

namespace fs = std::filesystem;

struct AttendArguments {
  std::string run;
  std::string text;
  std::string file;
  std::string out;
  std::string device = "cpu";
};

struct Text {
  std::string words;
  std::string origin;  // for errors
  fs::path out;
};

std::vector<Text> texts_of(const AttendArguments& arguments, const fs::path& out) {
  if (arguments.file.empty()) return {{arguments.text, "--text", out}};
  std::vector<Text> texts;
  std::istringstream lines(read_file(arguments.file));
  int64_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (!line.empty())
      texts.push_back({line, fmt::format("{}:{}", arguments.file, number),
                       out / fmt::format("line{:04}", number)});
  }
  if (texts.empty())
    throw std::runtime_error(arguments.file + ": expected a text a line, got none");
  if (texts.size() == 1) texts.front().out = out;
  return texts;
}

/// The maps of one text: weights [L, 1, H, n, n] and the n tokens.
struct Recording {
  at::Tensor weights;
  std::vector<std::string> tokens;
};

Recording record(const Run& run, const Text& text) {
  const auto& tokenizer = *run.config.task->tokenizer();
  const auto ids = tokenizer.encode(text.words, text.origin);
  if (ids.empty())
    throw std::runtime_error(text.origin + ": expected at least one token, got an empty text");
  at::NoGradGuard no_gradients;
  AttentionRecorder recorder;
  const auto device = run.model->parameters().front().device();
  run.model->forward({.values = at::tensor(ids, at::kLong).unsqueeze(0).to(device)}, &recorder);
  Recording result{
      .weights = recorder.stacked(AttentionKind::self).to(at::kCPU, at::kFloat).contiguous(),
      .tokens = {}};
  for (const int64_t id : ids) result.tokens.push_back(tokenizer.token(id));
  return result;
}

void write_arrays(const Recording& recording, const fs::path& out) {
  NpzWriter archive(out / "attention.npz");
  const auto& weights = recording.weights;
  archive.add_float32("attn", weights.sizes().vec(),
                      {weights.const_data_ptr<float>(), static_cast<size_t>(weights.numel())});
  archive.add_texts("tokens", recording.tokens);
  archive.close();
}

void draw_layers(const Recording& recording, const std::string& name, const fs::path& out) {
  const auto layers = recording.weights.size(0), heads = recording.weights.size(2);
  for (int64_t layer = 0; layer < layers; ++layer) {
    AttentionFigure figure{.query_tokens = recording.tokens,
                           .key_tokens = recording.tokens,
                           .heads = {},
                           .title = fmt::format("{}: layer {}", name, layer)};
    for (int64_t head = 0; head < heads; ++head) {
      const auto map = recording.weights[layer][0][head].contiguous();
      const auto* first = map.const_data_ptr<float>();
      figure.heads.push_back({.title = fmt::format("layer {}, head {}", layer, head),
                              .weights = {first, first + map.numel()}});
    }
    write_attention_figure(figure, out / fmt::format("layer{}", layer));
  }
}

int attend(const AttendArguments& arguments) {
  const auto run = open_run(arguments.run, parse_device(arguments.device));
  if (!run.model->has_attention())
    throw std::runtime_error(
        fmt::format("{}: a model of the kind {} has no attention to record; train one with "
                    "model.kind = \"transformer\"",
                    arguments.run, run.config.model_kind));
  if (!run.config.task->tokenizer())
    throw std::runtime_error(
        fmt::format("{}: the task {} reads no text", arguments.run, run.config.task_kind));
  const fs::path out = arguments.out.empty() ? run.directory.attention() : fs::path(arguments.out);
  for (const auto& text : texts_of(arguments, out)) {
    const auto recording = record(run, text);
    make_folder(text.out);
    write_arrays(recording, text.out);
    if (Gnuplot::available()) draw_layers(recording, run.config.name, text.out);
    fmt::print("{}: {} layers x {} heads x {} tokens\n", text.out.string(),
               recording.weights.size(0), recording.weights.size(2), recording.tokens.size());
  }
  if (!Gnuplot::available()) spdlog::warn("{}", missing_gnuplot_hint());
  return status_done;
}

}  // namespace

void add_attend(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<AttendArguments>();
  auto* command = app.add_subcommand("attend", "record and draw where each attention head looks");
  command->add_option("RUN", arguments->run, "the run directory")->required();
  auto* source = command->add_option_group("source", "what the model reads");
  source->add_option("--text", arguments->text, "one text")->type_name("TEXT");
  source->add_option("--file", arguments->file, "a file with a text a line")->type_name("FILE");
  source->require_option(1);
  command
      ->add_option("--out", arguments->out,
                   "folder for arrays and figures (default: RUN/attention)")
      ->type_name("DIR");
  command->add_option("--device", arguments->device, "where to compute")
      ->check(CLI::IsMember({"cpu", "cuda"}));
  command->callback([&action, arguments] { action = [arguments] { return attend(*arguments); }; });
}

}  // namespace heed
