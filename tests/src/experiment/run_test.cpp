#include "src/experiment/run.h"

#include <gmock/gmock.h>

#include "src/experiment/vocabulary_file.h"
#include "tests/train/files/temporary_folder.h"

namespace heed {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(Run, WithoutAVocabularyHasNoTokenizer) {
  const TemporaryFolder folder;
  const RunDirectory run(folder.path());
  EXPECT_EQ(load_tokenizer(run), nullptr);
  write_vocabulary(run.vocabulary(), {.unit = "character", .tokens = {"a", "b"}});
  EXPECT_EQ(load_tokenizer(run)->size(), 2);
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

TEST(Run, TheCpuIsAlwaysAvailable) { EXPECT_TRUE(parse_device("cpu").is_cpu()); }

}  // namespace
}  // namespace heed
