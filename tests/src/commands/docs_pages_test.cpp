// docs/cli.md and docs/config.md are written by the program.

#include <gmock/gmock.h>

#include "src/commands/command.h"
#include "src/experiment/config_reference.h"
#include "tests/src/commands/program.h"
#include "train/files/file.h"

namespace heed {
namespace {

using ::testing::HasSubstr;

std::string committed(const std::string& page) {
  return read_file(std::string(HEED_SOURCE_DIR) + "/docs/" + page);
}

// The program's own, because this one registers kinds of its tests besides.
std::string printed(const std::vector<std::string>& arguments) { return heed(arguments).out; }

TEST(DocsPages, TheCommandLineIsUpToDate) {
  EXPECT_EQ(printed({"man", "--markdown"}), committed("cli.md"))
      << "docs/cli.md is stale: run `heed man --markdown > docs/cli.md`";
}

TEST(DocsPages, TheConfigIsUpToDate) {
  EXPECT_EQ(printed({"info", "--markdown"}), committed("config.md"))
      << "docs/config.md is stale: run `heed info --markdown > docs/config.md`";
}

TEST(DocsPages, EveryCommandAndKeyHasALine) {
  const auto cli = cli_markdown(command_specs()), config = config_markdown();
  for (const auto& name : command_names()) EXPECT_THAT(cli, HasSubstr("\n## heed " + name + "\n"));
  EXPECT_THAT(config, HasSubstr("| `lr` | a number above 0 | `0.001` | "));
  EXPECT_THAT(config, HasSubstr("\n### task.kind = \"grammar\"\n"));
  EXPECT_THAT(config, HasSubstr("`train.steps`"));
}

}  // namespace
}  // namespace heed
