#include "src/run.h"

#include <gmock/gmock.h>

#include "tests/train/temporary_folder.h"
#include "train/file.h"

namespace heed {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(Run, AVocabularyIsKeptWithTheRun) {
  const TemporaryFolder folder;
  const RunDirectory run(folder.path());
  EXPECT_FALSE(load_vocabulary(run).has_value());
  save_vocabulary(run, {.unit = "character", .tokens = {"\n", "\"", "é", "😀"}});
  const auto loaded = load_vocabulary(run);
  EXPECT_EQ(loaded->unit, "character");
  EXPECT_THAT(loaded->tokens, ::testing::ElementsAre("\n", "\"", "é", "😀"));
}

TEST(Run, ADamagedVocabularyIsSaidToBe) {
  const TemporaryFolder folder;
  const RunDirectory run(folder.path());
  for (const std::string bad : {"{\"unit\": \"word\"", "[]", "{\"unit\": 3, \"tokens\": []}"}) {
    write_file(run.vocabulary(), bad);
    EXPECT_THAT([&] { load_vocabulary(run); },
                ThrowsMessage<std::runtime_error>(HasSubstr("is damaged")))
        << bad;
  }
}

TEST(Run, AFolderWithoutAConfigOrWithoutACheckpointCannotBeOpened) {
  const TemporaryFolder folder;
  EXPECT_THAT([&] { open_run(folder.path()); },
              ThrowsMessage<std::runtime_error>(HasSubstr("expected a run directory")));
  folder.write("config.toml",
               "[task]\nkind = \"grammar\"\n[model]\nkind = \"lstm\"\nd_model = 4\n");
  EXPECT_THAT([&] { open_run(folder.path()); },
              ThrowsMessage<std::runtime_error>(HasSubstr("there is no checkpoint in")));
}

TEST(Run, TheCpuIsAlwaysThere) { EXPECT_TRUE(parse_device("cpu").is_cpu()); }

}  // namespace
}  // namespace heed
