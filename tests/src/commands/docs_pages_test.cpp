// docs/cli.md and docs/config.md are written by the program.

#include <gmock/gmock.h>

#include "src/commands/command.h"
#include "src/experiment/config_reference.h"
#include "tests/src/commands/run_command.h"
#include "train/files/file.h"

namespace heed {
namespace {

using ::testing::HasSubstr;

std::string committed(const std::string& page) {
  return read_file(std::string(HEED_SOURCE_DIR) + "/docs/" + page);
}

TEST(DocsPages, TheCommandLineIsUpToDate) {
  EXPECT_TRUE(cli_markdown(command_specs()) == committed("cli.md"))
      << "docs/cli.md is stale: run `heed man --markdown > docs/cli.md`";
}

TEST(DocsPages, TheConfigIsUpToDate) {
  EXPECT_TRUE(config_markdown() == committed("config.md"))
      << "docs/config.md is stale: run `heed info --markdown > docs/config.md`";
}

TEST(DocsPages, ThePrintedPagesAreTheSame) {
  EXPECT_EQ(run_command({"man", "--markdown"}), cli_markdown(command_specs()));
  EXPECT_EQ(run_command({"info", "--markdown"}), config_markdown());
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
