// `heed info CONFIG` names the path of each block, and why it is the reference.

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "models/dispatch.h"
#include "tests/src/commands/run_command.h"
#include "tests/train/files/temporary_folder.h"

namespace heed {
namespace {

using ::testing::HasSubstr;

const std::string task = "[task]\nkind = \"copy\"\ngap = 2\nsymbols = 3\n";
const std::string transformer =
    "[model]\nkind = \"transformer\"\nlayers = 1\nheads = 2\nd_model = 8\n";

class InfoPaths : public ::testing::Test {
 protected:
  /// "fused", or the reason for the reference, of the block `name`.
  std::string path_of(const std::string& name, const std::string& config) {
    folder_.write("c.toml", task + config);
    const auto info =
        nlohmann::json::parse(run_command({"info", (folder_ / "c.toml").string(), "--json"}));
    for (const auto& block : info["blocks"])
      if (block["block"] == name)
        return block["path"] == "fused" ? "fused" : block["reason"].get<std::string>();
    return "no such block";
  }
  static std::string or_not_built(const std::string& expected) {
    return fused::instruction_set_name() == "none" ? "built without kernels (HEED_FUSED=OFF)"
                                                   : expected;
  }

  TemporaryFolder folder_;
};

TEST_F(InfoPaths, SayWhyABlockTakesTheReference) {
  const std::string attention = "encoder.layer0.attention";
  const auto path = [&](const std::string& more) { return path_of(attention, transformer + more); };
  EXPECT_EQ(path(""), or_not_built("fused"));
  EXPECT_EQ(path("dropout = 0.1\n"), or_not_built("dropout 0.1"));
  EXPECT_EQ(path("norm = \"post\"\n"), or_not_built("model.norm = post"));
  EXPECT_EQ(path("position = \"relative\"\n"), or_not_built("model.position = relative"));
  EXPECT_EQ(path("[attention]\npattern = \"strided\"\n"),
            or_not_built("a mask of attention.pattern"));
  EXPECT_EQ(path("[train]\nprecision = \"float64\"\n"), or_not_built("float64"));
  EXPECT_EQ(path("[train]\nkernels = \"reference\"\n"),
            or_not_built("train.kernels = reference"));
}

TEST_F(InfoPaths, CoverFeedForwardAndRecurrentLayers) {
  EXPECT_EQ(path_of("encoder.layer0.feed_forward", transformer), or_not_built("fused"));
  EXPECT_EQ(path_of("stack.layer0", "[model]\nkind = \"gru\"\nd_model = 8\n"),
            or_not_built("fused"));
}

TEST_F(InfoPaths, AreCommentsBelowThePrintedConfig) {
  folder_.write("c.toml", task + transformer + "dropout = 0.1\n");
  EXPECT_THAT(run_command({"info", (folder_ / "c.toml").string()}),
              HasSubstr("\n# encoder.layer0.attention: reference (" + or_not_built("dropout 0.1") +
                        ")\n"));
}

}  // namespace
}  // namespace heed
