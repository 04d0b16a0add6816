#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "src/console/command_spec.h"
#include "src/console/markdown.h"
#include "src/console/word_wrap.h"

namespace heed {
namespace {

constexpr const char* introduction = R"(# The command line

`heed` is one program with a command for each thing that it does. `heed COMMAND --help` prints what
this page says about a command, and `heed man | man -l -` shows all of it as a manual page.

Results go to standard output, and all messages go to standard error. With `--json`, standard output
is one JSON value and nothing else. Options that take `KEY=VALUE` override one key of a config file:
[config.md](config.md) lists all keys. [commands_by_example.md](commands_by_example.md) shows
what the commands print.

| exit status | meaning |
| --- | --- |
| 0 | done |
| 1 | failed |
| 2 | wrong usage or configuration |
| 130 | interrupted, after a clean save |

| environment variable | meaning |
| --- | --- |
| `HEED_LOG` | how much is logged: `debug` (each step's loss), `info`, `warn` or `error` |
| `HEED_INSTRUCTIONS` | the instruction set of the kernels: `generic`, `avx2` or `avx512` (default: the best of this CPU) |
| `OMP_NUM_THREADS` | the number of threads that compute |

`heed man --markdown` writes this page from the declarations that also give `--help`. Do not edit it
by hand: a test fails if it differs from what the program writes.

)";

std::string sentence(std::string words) {
  words[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(words[0])));
  return words + ".";
}

// Verbatim lines begin with two spaces.
std::string without_indent(const std::string& lines) {
  std::string text;
  for (size_t i = 0; i < lines.size(); ++i)
    if (const bool starts_line = i == 0 || lines[i - 1] == '\n';
        starts_line && lines.compare(i, 2, "  ") == 0)
      ++i;
    else
      text += lines[i];
  return text;
}

std::string option_table(const char* title, const std::vector<OptionSpec>& options) {
  if (options.empty()) return "";
  std::vector<std::vector<std::string>> rows;
  for (const auto& option : options) {
    const auto name = option.value.empty() ? option.name : option.name + " " + option.value;
    rows.push_back({markdown_code(name), option.description()});
  }
  return markdown_table({title, "meaning"}, rows) + "\n";
}

std::string command_section(const CommandSpec& command) {
  auto text = fmt::format("## heed {}\n\n{}\n\n{}\n", command.name, sentence(command.summary),
                          markdown_block(command.usage()));
  text += option_table("argument", command.places) + option_table("option", command.options);
  for (const auto& [words, verbatim] : split_paragraphs(command.details))
    text += (verbatim ? markdown_block(without_indent(words)) : word_wrapped(words, 100)) + "\n";
  if (!command.examples.empty()) text += "Examples:\n\n";
  for (const auto& [line, shows] : command.examples)
    text += markdown_block(line) + "\n" + word_wrapped(sentence(shows), 100) + "\n";
  return text;
}

}  // namespace

std::string cli_markdown(const std::vector<CommandSpec>& commands) {
  std::string text = introduction;
  for (const auto& command : commands) {
    const auto heading = "heed " + command.name;
    text += fmt::format("- [{}](#{}): {}\n", heading, markdown_anchor(heading), command.summary);
  }
  for (const auto& command : commands) {
    text += "\n" + command_section(command);
    while (text.ends_with("\n\n")) text.pop_back();
  }
  return text;
}

}  // namespace heed
