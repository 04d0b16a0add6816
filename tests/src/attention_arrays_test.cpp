#include "src/attention_arrays.h"

#include <gmock/gmock.h>

#include "src/npz.h"
#include "tests/train/temporary_folder.h"

namespace heed {
namespace {

using ::testing::ElementsAre;
using Shape = std::vector<int64_t>;

TEST(AttentionArrays, EachRecordedKindIsAnArrayUnderItsName) {
  AttentionRecorder recorder;
  recorder.record({AttentionKind::cross, 0},
                  at::tensor({0.25, 0.75}, at::kDouble).view({1, 1, 1, 2}));
  recorder.record({AttentionKind::self, 0}, at::eye(2).view({1, 1, 2, 2}));
  recorder.record({AttentionKind::self, 1}, at::full({1, 1, 2, 2}, 0.5));
  const TemporaryFolder folder;
  write_attention_arrays(
      {.maps = recorded_maps(recorder), .tokens = {"a", "b"}, .source_tokens = {"c"}},
      folder.path());
  const auto entry = [&folder](const std::string& name) {
    return read_npz_entry(folder / "attention.npz", name);
  };
  EXPECT_EQ(entry("attn").shape, (Shape{2, 1, 1, 2, 2}));
  EXPECT_THAT(entry("attn").values<float>(), ElementsAre(1, 0, 0, 1, 0.5, 0.5, 0.5, 0.5));
  EXPECT_EQ(entry("cross").shape, (Shape{1, 1, 1, 1, 2}));
  EXPECT_THAT(entry("cross").values<float>(), ElementsAre(0.25, 0.75));
  EXPECT_THAT(entry("tokens").texts(), ElementsAre("a", "b"));
  EXPECT_THAT(entry("source_tokens").texts(), ElementsAre("c"));
}

TEST(AttentionArrays, WhereThereIsNoSourceThereIsNoArrayOfItsTokens) {
  const TemporaryFolder folder;
  write_attention_arrays(
      {.maps = {{AttentionKind::self, at::ones({1, 1, 1, 1, 1})}}, .tokens = {"a"}}, folder.path());
  EXPECT_THROW(read_npz_entry(folder / "attention.npz", "source_tokens"), std::runtime_error);
}

}  // namespace
}  // namespace heed
