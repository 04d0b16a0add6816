#include "src/experiment/config_reference.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "models/positions/positional_encoding.h"
#include "src/console/markdown.h"
#include "src/experiment/config.h"

namespace heed {
namespace {

constexpr const char* introduction = R"(# The config file

A config file defines one run: its task, its model and how to train it. It is
[TOML](https://toml.io). This is a complete one:

```toml
seed = 1

[task]
kind = "grammar"

[model]
kind = "transformer"
layers = 2
d_model = 64

[train]
steps = 500
lr = 3e-3
```

- Only `task.kind` and `model.kind` are required. Omitted keys use their defaults.
- Errors give the file, the line, and what was expected. An unknown key is an error; a key that
  another kind uses, but not the chosen one, is ignored with a warning.
- `--set KEY=VALUE` overrides a key from the command line, with its dotted name:
  `--set train.lr=1e-3`.
- A run directory keeps the complete config in `config.toml`, every default written out. Training
  from that file repeats the run.
- `heed info` prints these tables for a terminal, `heed info task NAME` those of one task.
- A file with several values per key defines a grid of runs for `heed compare`:
  [comparisons.md](comparisons.md#writing-a-grid).

`heed info --markdown` writes this page from the declarations of the options. Do not edit it by hand:
a test fails if it differs from what the program writes.

)";

std::string default_text(const Option& option) {
  return std::visit(
      [](const auto& value) -> std::string {
        using Value = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<Value, bool>)
          return value ? "true" : "false";
        else if constexpr (std::is_same_v<Value, double>)
          return number_text(value);
        else if constexpr (std::is_same_v<Value, int64_t>)
          return fmt::to_string(value);
        else if constexpr (std::is_same_v<Value, std::string>)
          return "\"" + value + "\"";
        else
          return fmt::format("[{}]", fmt::join(value, ", "));
      },
      option.value());
}

std::string option_table(const OptionList& list) {
  if (list.options().empty()) return "It has no keys of its own.\n";
  std::vector<std::vector<std::string>> rows;
  for (const auto& option : list.options())
    rows.push_back({markdown_code(option.name), option.expected(),
                    markdown_code(default_text(option)), option.help});
  return markdown_table({"key", "expects", "default", "meaning"}, rows);
}

OptionList described(Configurable& configurable) {
  OptionList list;
  configurable.describe(list);
  return list;
}

template <class Product>
std::string kind_table(const std::string& title) {
  std::vector<std::vector<std::string>> rows;
  const auto& registry = Registry<Product>::instance();
  for (const auto& name : registry.names())
    rows.push_back({markdown_code(name), registry.find(name)->summary});
  return markdown_table({title, "what it is"}, rows);
}

// The keys of each kind under a heading of its own, such as `kind = "grammar"`.
template <class Product>
std::string kind_sections(const std::string& section, const std::string& key) {
  std::string text;
  const auto& registry = Registry<Product>::instance();
  for (const auto& name : registry.names()) {
    const auto product = registry.make(name);
    text += fmt::format("\n### {}.{} = \"{}\"\n\n{}: {}.\n\n{}", section, key, name, name,
                        registry.find(name)->summary, option_table(described(*product)));
  }
  return text;
}

std::string resume_text(ExperimentConfig& config) {
  std::vector<std::string> keys;
  for (const auto& setting : list_settings(config))
    if (setting.changes_on_resume) keys.push_back(markdown_code(setting.key));
  return fmt::format(
      "## Resuming\n\nA run that is resumed may change {}. All other keys must keep their "
      "values.\n",
      fmt::join(keys, ", "));
}

std::string contents() {
  std::string text;
  for (const char* heading :
       {"Top level", "[task]", "[model]", "[attention]", "[train]", "[analysis]", "Resuming"})
    text += fmt::format("- [{}](#{})\n", heading, markdown_anchor(heading));
  return text;
}

// Any config: its top level has keys, and its train and analysis sections have the defaults.
ExperimentConfig default_config() {
  ExperimentConfig config;
  config.task = TaskRegistry::instance().make("grammar");
  config.model = ModelRegistry::instance().make("transformer");
  return config;
}

}  // namespace

std::string config_markdown() {
  auto config = default_config();
  auto text = introduction + contents();
  text += "\n## Top level\n\nWithout `name`, a run has the name of its file.\n\n" +
          option_table(describe_top(config));
  text += "\n## [task]\n\n" + kind_table<Task>("`kind`") + kind_sections<Task>("task", "kind");
  text += "\n## [model]\n\n" + kind_table<ModelBuilder>("`kind`") +
          "\nTransformers know the order of their tokens by one of these:\n\n" +
          kind_table<PositionKind>("`position`") + kind_sections<ModelBuilder>("model", "kind");
  text +=
      "\n## [attention]\n\nThe self-attention of transformers. Each pattern has keys of its "
      "own.\n\n" +
      kind_table<AttentionPattern>("`pattern`");
  AttentionOptions attention;
  if (const auto common = described(attention); !common.options().empty())
    text += "\nFor every pattern:\n\n" + option_table(common);
  text += kind_sections<AttentionPattern>("attention", "pattern");
  text += "\n## [train]\n\n" + option_table(described(config.train)) + "\n" +
          kind_table<Optimizer>("`optimizer`");
  text += "\n## [analysis]\n\nWhat `heed train` measures of the heads while it trains.\n\n" +
          option_table(described(config.analysis));
  return text + "\n" + resume_text(config);
}

}  // namespace heed
