#include <fmt/format.h>

#include "src/command.h"
#include "src/run.h"
#include "train/generation.h"

namespace heed {
namespace {

struct GenerateArguments {
  std::string run;
  std::string prompt;
  bool has_prompt = false;
  GenerationOptions options;
  std::string device = "cpu";
};

int generate_text(const GenerateArguments& arguments) {
  const auto run = open_run(arguments.run, parse_device(arguments.device));
  const auto* tokenizer = run.config.task->tokenizer();
  if (!tokenizer)
    throw std::runtime_error(fmt::format("{}: the task {} has no text to generate", arguments.run,
                                         run.config.task_kind));
  const auto prompt = arguments.has_prompt ? arguments.prompt : run.config.task->default_prompt();
  const auto ids = tokenizer->encode(prompt, "the prompt");
  if (ids.empty())
    throw std::runtime_error("--prompt: expected at least one token, got an empty text");
  // Bytes and words come one by one; what is printed so far decides the space before a word.
  auto all = ids;
  std::string printed = tokenizer->decode(all);
  fmt::print("{}", printed);
  generate(*run.model, ids, arguments.options, [&](int64_t token) {
    all.push_back(token);
    const auto text = tokenizer->decode({all.end() - 2, all.end()});
    const auto before = tokenizer->decode({all.end() - 2, all.end() - 1});
    fmt::print("{}", text.substr(before.size()));
    std::fflush(stdout);
    return true;
  });
  fmt::print("\n");
  return status_done;
}

}  // namespace

void add_generate(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<GenerateArguments>();
  auto* command = app.add_subcommand("generate", "let a trained language model continue a text");
  command->add_option("RUN", arguments->run, "the run directory")->required();
  command
      ->add_option_function<std::string>(
          "--prompt",
          [arguments](const std::string& prompt) {
            arguments->prompt = prompt;
            arguments->has_prompt = true;
          },
          "what to continue (default: a line end, or the task's first word)")
      ->type_name("TEXT");
  auto& options = arguments->options;
  command->add_option("--tokens", options.tokens, "how many new tokens")
      ->check(CLI::PositiveNumber);
  command
      ->add_option("--temperature", options.temperature,
                   "above 1 wilder, below 1 safer, 0 the likeliest")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--top-k", options.top_k, "only the K likeliest tokens; 0: all")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--top-p", options.top_p, "only the likeliest tokens that reach P together")
      ->check(CLI::Range(0.0, 1.0));
  command->add_option("--seed", options.seed, "of the draws");
  command->add_option("--device", arguments->device, "where to compute")
      ->check(CLI::IsMember({"cpu", "cuda"}));
  command->callback(
      [&action, arguments] { action = [arguments] { return generate_text(*arguments); }; });
}

}  // namespace heed
