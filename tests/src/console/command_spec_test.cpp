#include "src/console/command_spec.h"

#include <gmock/gmock.h>
#include <CLI/CLI.hpp>

#include "src/console/markdown.h"
#include "src/console/word_wrap.h"

namespace heed {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Two positional arguments, an option with a check and a default, and a group.
struct Declared {
  std::string file, place, text;
  int64_t count = 3;
  bool plain = false;
  CLI::App app;

  Declared() {
    app.add_option("FILE", file, "the file")->required();
    app.add_option("PLACE", place, "where");
    auto* counted = app.add_option("--count", count, "how many")
                        ->type_name("N")
                        ->check(CLI::PositiveNumber)
                        ->capture_default_str();
    app.add_flag("--plain", plain, "no colours")->excludes(counted);
    app.add_option_group("source")->add_option("--text", text, "a text")->needs(counted);
  }
};

CommandSpec declared_spec() {
  Declared declared;
  CommandSpec spec{.name = "paint", .summary = "paint a file"};
  add_arguments(spec, declared.app);
  return spec;
}

TEST(CommandSpecs, HoldWhatTheCommandLineDeclares) {
  const auto spec = declared_spec();
  EXPECT_EQ(spec.usage(), "heed paint [OPTION]... FILE [PLACE]");
  ASSERT_EQ(spec.options.size(), 3u);
  const auto &text = spec.options[0], &count = spec.options[1], &plain = spec.options[2];
  EXPECT_EQ(count.name + " " + count.value, "--count N");
  EXPECT_EQ(count.description(), "how many (default: 3); not with --plain");
  EXPECT_EQ(plain.value, "");
  EXPECT_EQ(text.description(), "a text; only with --count");
}

TEST(CommandSpecs, BecomeHelpWithDescriptionsInAColumn) {
  auto spec = declared_spec();
  spec.details = "One line\nand the rest.\n\n  kept\n   as it is";
  spec.examples = {{"heed paint a.txt", "paints a.txt"}};
  const auto help = help_text(spec);
  EXPECT_THAT(help, HasSubstr("heed paint: paint a file\n\nUsage: heed paint [OPTION]... FILE"));
  EXPECT_THAT(help,
              HasSubstr("\n  --count N               how many (default: 3); not with --plain\n"));
  EXPECT_THAT(help, HasSubstr("\nOne line and the rest.\n\n  kept\n   as it is\n"));
  EXPECT_THAT(help, HasSubstr("Examples:\n  heed paint a.txt\n      paints a.txt\n"));
}

TEST(CommandSpecs, ALongNameHasItsDescriptionBelow) {
  const CommandSpec spec{
      .name = "x",
      .summary = "y",
      .options = {{.name = "--a-very-long-name", .value = "KEY=VALUE", .help = "help"}}};
  EXPECT_THAT(help_text(spec),
              HasSubstr("\n  --a-very-long-name KEY=VALUE\n                          help\n"));
}

TEST(CommandSpecs, BecomeMarkdown) {
  auto spec = declared_spec();
  spec.options[1].help = "a|b";
  spec.details = "  key = 1\n    inner";
  spec.examples = {{"heed paint a.txt", "paints a.txt"}};
  const auto page = cli_markdown({spec});
  EXPECT_THAT(page, HasSubstr("- [heed paint](#heed-paint): paint a file\n"));
  EXPECT_THAT(page, HasSubstr("\n## heed paint\n\nPaint a file.\n"));
  EXPECT_THAT(page, HasSubstr("| `--count N` | a\\|b (default: 3); not with --plain |\n"));
  EXPECT_THAT(page, HasSubstr("```\nkey = 1\n  inner\n```\n"));
  EXPECT_THAT(page, HasSubstr("```\nheed paint a.txt\n```\n\nPaints a.txt.\n"));
}

TEST(Paragraphs, AreJoinedUnlessTheyAreIndented) {
  const auto parts = split_paragraphs("\na\nb\n\n\n  c\n  d\n\ne");
  std::vector<std::string> texts;
  for (const auto& part : parts) texts.push_back((part.verbatim ? "=" : "") + part.text);
  EXPECT_THAT(texts, ElementsAre("a b", "=  c\n  d", "e"));
}

TEST(Markdown, AnchorsAreThoseOfGitHub) {
  EXPECT_EQ(markdown_anchor("[train]"), "train");
  EXPECT_EQ(markdown_anchor("task.kind = \"recall-first\""), "taskkind--recall-first");
}

}  // namespace
}  // namespace heed
