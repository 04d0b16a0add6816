#include "src/files/attention_arrays.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "src/files/npz.h"
#include "tests/models/closeness.h"
#include "tests/train/files/temporary_folder.h"

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

TEST(AttentionArrays, WithoutASourceThereAreNoSourceTokens) {
  const TemporaryFolder folder;
  write_attention_arrays(
      {.maps = {{AttentionKind::self, at::ones({1, 1, 1, 1, 1})}}, .tokens = {"a"}}, folder.path());
  EXPECT_THROW(read_npz_entry(folder / "attention.npz", "source_tokens"), std::runtime_error);
}

AttentionArrays two_layers() {
  return {.maps = {{AttentionKind::self, at::arange(8).to(at::kFloat).view({2, 1, 1, 2, 2}) / 7}},
          .tokens = {"a", "\"b\""},
          .layers = {1, 3},
          .heads = {2},
          .second = 1,
          .prompt = 2,
          .links = {{.name = "subject",
                     .from = "verb",
                     .to = "noun",
                     .links = {{.query = 1, .keys = {0, 1}}}},
                    {.name = "source",
                     .from = "word",
                     .to = "word",
                     .to_source = true,
                     .links = {{.query = 0, .keys = {1}}}}}};
}

TEST(AttentionArrays, LayersHeadsPlacesAndLinksAreStored) {
  const TemporaryFolder folder;
  write_attention_arrays(two_layers(), folder.path());
  const auto entry = [&folder](const std::string& name) {
    return read_npz_entry(folder / "attention.npz", name);
  };
  EXPECT_THAT(entry("layers").values<int64_t>(), ElementsAre(1, 3));
  EXPECT_THAT(entry("heads").values<int64_t>(), ElementsAre(2));
  EXPECT_EQ(entry("second").shape, Shape());
  EXPECT_THAT(entry("second").values<int64_t>(), ElementsAre(1));
  EXPECT_THAT(entry("prompt").values<int64_t>(), ElementsAre(2));
  EXPECT_EQ(entry("links").shape, (Shape{3, 3}));
  EXPECT_THAT(entry("links").values<int64_t>(), ElementsAre(0, 1, 0, 0, 1, 1, 1, 0, 1));
  EXPECT_THAT(entry("link_kinds").texts(), ElementsAre("subject", "source"));
  EXPECT_THAT(entry("link_to_source").values<int64_t>(), ElementsAre(0, 1));
}

TEST(AttentionArrays, LayersAreCountedByDefaultAndNoLinksAreAnEmptyArray) {
  const TemporaryFolder folder;
  auto arrays = two_layers();
  arrays.layers = arrays.heads = {};
  arrays.links = {{.name = "subject", .from = "verb", .to = "noun"}};
  write_attention_arrays(arrays, folder.path());
  const auto file = folder / "attention.npz";
  EXPECT_THAT(read_npz_entry(file, "layers").values<int64_t>(), ElementsAre(0, 1));
  EXPECT_THAT(read_npz_entry(file, "heads").values<int64_t>(), ElementsAre(0));
  EXPECT_EQ(read_npz_entry(file, "links").shape, (Shape{0, 3}));
}

TEST(AttentionArrays, InHalfPrecisionMapsAreOffByALittle) {
  const TemporaryFolder folder;
  write_attention_arrays(two_layers(), folder.path(), {.float16 = true});
  const auto map = read_npz_entry(folder / "attention.npz", "attn");
  EXPECT_EQ(map.dtype, "<f2");
  EXPECT_TRUE(close(at::tensor(map.values<float>()), at::arange(8) / 7.0, 1.0 / 4096));
}

TEST(AttentionArrays, SafetensorsHoldTheSameNumbersAndTextsAsMetadata) {
  const TemporaryFolder folder;
  const auto arrays = two_layers();
  write_attention_arrays(arrays, folder.path(), {.safetensors = true});
  const auto file = read_safetensors(folder / "attention.safetensors");
  EXPECT_TRUE(file.tensors.at("attn").equal(arrays.maps.at(AttentionKind::self)));
  EXPECT_TRUE(file.tensors.at("layers").equal(at::tensor({1, 3}, at::kLong)));
  EXPECT_EQ(file.tensors.at("links").sizes(), (Shape{3, 3}));
  const auto text = [&file](const std::string& name) {
    return nlohmann::json::parse(file.metadata.at(name));
  };
  EXPECT_EQ(text("tokens"), nlohmann::json({"a", "\"b\""}));
  EXPECT_EQ(text("kinds"), nlohmann::json::array({"attn"}));
  EXPECT_EQ(text("layer_names"), nlohmann::json({"layer 1", "layer 3"}));
  EXPECT_EQ(text("head_names"), nlohmann::json::array({"head 2"}));
  const auto links = text("links");
  EXPECT_EQ(links[0]["kind"], "subject");
  EXPECT_EQ(links[0]["pairs"], nlohmann::json({{1, 0}, {1, 1}}));
  EXPECT_EQ(links[1]["to_source"], true);
}

TEST(AttentionArrays, ManySentencesAreNumberedInOneFile) {
  const TemporaryFolder folder;
  AttentionDump dump(folder.path(), {.safetensors = true});
  auto arrays = two_layers();
  dump.add(arrays, 3);
  arrays.tokens = {"c", "d"};
  dump.add(arrays, 123456);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path())) << "nothing is seen before close()";
  dump.close();
  const auto entry = [&folder](const std::string& name) {
    return read_npz_entry(folder / "attention.npz", name);
  };
  EXPECT_THAT(entry("tokens_00003").texts(), ElementsAre("a", "\"b\""));
  EXPECT_THAT(entry("tokens_123456").texts(), ElementsAre("c", "d"));
  EXPECT_EQ(entry("attn_123456").shape, (Shape{2, 1, 1, 2, 2}));
  EXPECT_THAT(entry("sentences").values<int64_t>(), ElementsAre(3, 123456));
  EXPECT_THAT(entry("layers").values<int64_t>(), ElementsAre(1, 3));
  const auto file = read_safetensors(folder / "attention.safetensors");
  EXPECT_EQ(file.metadata.at("tokens_123456"), R"(["c","d"])");
  EXPECT_TRUE(file.tensors.at("sentences").equal(at::tensor({3, 123456}, at::kLong)));
  namespace fs = std::filesystem;
  EXPECT_EQ(dump.bytes(), fs::file_size(folder / "attention.npz") +
                              fs::file_size(folder / "attention.safetensors"));
}

}  // namespace
}  // namespace heed
