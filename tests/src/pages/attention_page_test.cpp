#include "src/pages/attention_page.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <regex>

#include "src/files/weight_bytes.h"
#include "tests/train/error_of.h"
#include "tests/train/files/temporary_folder.h"
#include "train/files/file.h"

namespace heed {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using Strings = std::vector<std::string>;

at::Tensor causal_maps(at::IntArrayRef shape) {
  at::manual_seed(3);
  const auto mask = at::ones({shape[2], shape[3]}, at::kBool).triu(1);
  return at::randn(shape).masked_fill(mask, -INFINITY).softmax(-1);
}

at::Tensor open_maps(at::IntArrayRef shape) {
  at::manual_seed(4);
  return at::randn(shape).softmax(-1);
}

PageSequence sequence_of(const std::string& title, const at::Tensor& maps) {
  PageSequence sequence{.title = title};
  for (int64_t i = 0; i < maps.size(3); ++i) sequence.tokens.push_back("t" + std::to_string(i));
  PageMaps self{.layers = {}, .heads = {}, .frames = {maps}};
  for (int64_t i = 0; i < maps.size(0); ++i) self.layers.push_back(i);
  for (int64_t i = 0; i < maps.size(1); ++i) self.heads.push_back(i);
  sequence.maps.push_back(self);
  return sequence;
}

std::string html_of(const AttentionPage& page) {
  const TemporaryFolder folder;
  page.write(folder / "attention.html");
  return read_file(folder / "attention.html");
}

nlohmann::json data_of(const std::string& html) {
  const std::string open = "<script type=\"application/json\" id=\"data\">";
  const auto first = html.find(open) + open.size();
  return nlohmann::json::parse(html.substr(first, html.find("</script>", first) - first));
}

std::string decoded(const std::string& text) {
  std::string bytes;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    if (c == '=') break;
    const auto digit =
        std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
            .find(c);
    bits = bits << 6 | static_cast<uint32_t>(digit);
    if ((count += 6) >= 8) bytes += static_cast<char>(bits >> (count -= 8) & 255);
  }
  return bytes;
}

// The bytes of the element of this name.
std::string weights_of(const std::string& html, const std::string& name) {
  const auto open = "<script type=\"text/plain\" id=\"" + name + "\">";
  const auto first = html.find(open);
  if (first == std::string::npos) return "no element " + name;
  return decoded(html.substr(first + open.size(), html.find('<', first + 1) - first - open.size()));
}

double weight(char byte) { return static_cast<uint8_t>(byte) / 255.; }

std::string bytes_of(const at::Tensor& map) {
  std::string bytes;
  append_weight_bytes(map, choose_layout(map), bytes);
  return bytes;
}

TEST(AttentionPage, HoldsEveryHeadsWeights) {
  const auto maps = causal_maps({2, 3, 5, 5});
  AttentionPage page("title", "origin");
  page.add(sequence_of("line 1", maps));
  const auto html = html_of(page);
  const auto about = data_of(html)["sequences"][0]["maps"][0];
  EXPECT_EQ(about["kind"], "self");
  EXPECT_EQ(about["triangle"], true);
  const auto bytes = weights_of(html, about["element"].get<std::string>() + "-0-0");
  ASSERT_EQ(bytes.size(), 6U * 15);
  size_t at = 0;
  for (int64_t head = 0; head < 6; ++head)
    for (int64_t query = 0; query < 5; ++query)
      for (int64_t key = 0; key <= query; ++key)
        EXPECT_NEAR(weight(bytes[at++]), maps.view({6, 5, 5})[head][query][key].item<double>(),
                    1. / 510 + 1e-7);
}

TEST(AttentionPage, GivesLargeMapsAnElementEach) {
  const auto maps = open_maps({1, 2, 300, 300});
  AttentionPage page("title", "origin");
  page.add(sequence_of("line 1", maps));
  const auto html = html_of(page);
  EXPECT_EQ(data_of(html)["sequences"][0]["maps"][0]["block"], 1);
  EXPECT_TRUE(weights_of(html, "w0-0-0-1") == bytes_of(maps[0][1]));
}

TEST(AttentionPage, KeepsTheFramesOfTraining) {
  auto sequence = sequence_of("line 1", open_maps({1, 1, 4, 4}));
  sequence.maps[0].frames.push_back(at::eye(4).view({1, 1, 4, 4}));
  sequence.frames = {"step 0", "step 100"};
  AttentionPage page("title", "origin");
  page.add(sequence);
  const auto html = html_of(page);
  EXPECT_EQ(data_of(html)["sequences"][0]["maps"][0]["triangle"], false) << "one layout for all";
  EXPECT_EQ(weights_of(html, "w0-0-0-0").size(), 16U);
  EXPECT_EQ(weights_of(html, "w0-0-1-0")[5], '\xFF');
}

TEST(AttentionPage, CountsTheSentencesThatDoNotFit) {
  AttentionPage page("title", "origin", 100);
  for (int i = 0; i < 1234; ++i) page.add(sequence_of("line", causal_maps({1, 1, 8, 8})));
  EXPECT_THAT(page.notes(), ElementsAre("Shows 2 of 1,234 sentences, as many as 100 weights allow; "
                                        "attention.npz has all."));
  const auto data = data_of(html_of(page));
  EXPECT_EQ(data["sequences"].size(), 2U);
  EXPECT_EQ(data["notes"], page.notes());
}

TEST(AttentionPage, TakesAShorterSentenceBehindOneThatDoesNotFit) {
  AttentionPage page("title", "origin", 50);
  page.add(sequence_of("line 1", causal_maps({1, 1, 8, 8})));
  page.add(sequence_of("line 2", causal_maps({1, 1, 8, 8})));
  page.add(sequence_of("line 3", causal_maps({1, 1, 2, 2})));
  EXPECT_EQ(data_of(html_of(page))["sequences"][1]["title"], "line 3");
}

TEST(AttentionPage, SaysNothingWhereAllIsShown) {
  AttentionPage page("title", "origin", 36);
  page.add(sequence_of("line 1", causal_maps({1, 1, 8, 8})));
  EXPECT_THAT(page.notes(), IsEmpty());
}

TEST(AttentionPage, CutsASingleLargeSentenceToItsFirstLayers) {
  AttentionPage page("title", "origin", 5 * 36);
  page.add(sequence_of("line 1", causal_maps({3, 2, 8, 8})));
  const auto maps = data_of(html_of(page))["sequences"][0]["maps"][0];
  EXPECT_THAT(maps["layers"], ElementsAre(0, 1));
  EXPECT_THAT(maps["heads"], ElementsAre(0, 1));
  EXPECT_THAT(page.notes(), ElementsAre("line 1 has 216 weights, more than the 180 that a page "
                                        "holds: shown are its first 2 layers; attention.npz has "
                                        "all."));
}

TEST(AttentionPage, CutsAVeryLargeSentenceToTheFirstHeadsOfItsFirstLayer) {
  const auto maps = causal_maps({2, 4, 8, 8});
  AttentionPage page("title", "origin", 3 * 36 + 35);
  page.add(sequence_of("line 1", maps));
  const auto html = html_of(page);
  EXPECT_THAT(data_of(html)["sequences"][0]["maps"][0]["heads"], ElementsAre(0, 1, 2));
  EXPECT_EQ(weights_of(html, "w0-0-0-0").substr(72), bytes_of(maps[0][2]));
  EXPECT_THAT(page.notes(), ElementsAre(HasSubstr("of its first layer 3 heads")));
}

TEST(AttentionPage, LeavesOutASentenceOfWhichNotOneHeadFits) {
  AttentionPage page("title", "origin", 35);
  page.add(sequence_of("line 1", causal_maps({1, 1, 8, 8})));
  EXPECT_THAT(page.notes(), ElementsAre(HasSubstr("Shows 0 of 1 sentences")));
}

TEST(AttentionPage, LetsNoTextBeMarkup) {
  const std::string evil = "</script><script>alert(\"1\")</script><!--";
  auto sequence = sequence_of(evil, causal_maps({1, 1, 2, 2}));
  sequence.tokens = {evil, "{{weights}} &amp; 'x'"};
  AttentionPage page(evil, evil);
  page.set_measures({{evil, evil, evil, evil}});
  page.set_heads({{.role = evil, .evidence = evil, .values = {{evil, 1.}}}});
  sequence.links = {{.name = evil, .from = evil, .to = evil}};
  page.add(sequence);
  const auto html = html_of(page);
  EXPECT_THAT(html, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(html, Not(HasSubstr("<!--")));
  EXPECT_THAT(html, HasSubstr("<title>&lt;/script&gt;"));
  const auto data = data_of(html);
  EXPECT_EQ(data["title"], evil);
  EXPECT_EQ(data["sequences"][0]["tokens"], sequence.tokens);
  EXPECT_EQ(data["heads"][0]["values"][evil], 1);
}

TEST(AttentionPage, KeepsBytesThatAreNoTextApart) {
  auto sequence = sequence_of("line \xFF", causal_maps({1, 1, 3, 3}));
  sequence.tokens = {"\xE2", "\x80", "né"};
  AttentionPage page("title", "origin");
  page.add(sequence);
  EXPECT_THAT(data_of(html_of(page))["sequences"][0]["tokens"],
              ElementsAre("\\xE2", "\\x80", "né"));
}

TEST(AttentionPage, GivesWhatIsNotDefinedAsNull) {
  AttentionPage page("title", "origin");
  page.set_heads({{.kind = AttentionKind::cross,
                   .layer = 1,
                   .head = 2,
                   .role = "mixed",
                   .evidence = "",
                   .values = {{"next", NAN}, {"first", .25}}}});
  const auto head = data_of(html_of(page))["heads"][0];
  EXPECT_EQ(head["kind"], "cross");
  EXPECT_TRUE(head["values"]["next"].is_null());
  EXPECT_EQ(head["values"]["first"], .25);
}

TEST(AttentionPage, AllowsItsOwnScriptAndNoOther) {
  const auto html = html_of(AttentionPage("title", "origin"));
  EXPECT_TRUE(std::regex_search(
      html, std::regex("default-src 'none'; script-src 'sha256-[A-Za-z0-9+/]{43}='; style-src "
                       "'sha256-[A-Za-z0-9+/]{43}='")));
  EXPECT_THAT(html, Not(HasSubstr("unsafe")));
  EXPECT_THAT(html, Not(HasSubstr("{{")));
}

TEST(AttentionPage, RefusesMapsAndTokensThatDoNotFitEachOther) {
  AttentionPage page("title", "origin");
  auto sequence = sequence_of("line 3", causal_maps({2, 1, 4, 4}));
  sequence.tokens.pop_back();
  EXPECT_THAT(error_of([&] { page.add(sequence); }),
              testing::AllOf(HasSubstr("line 3, self-attention"),
                             HasSubstr("2 layers x 1 heads x 3 queries x 3 keys"),
                             HasSubstr("[2, 1, 4, 4]")));
  sequence = sequence_of("line 3", causal_maps({1, 1, 4, 4}));
  sequence.frames = {"step 0", "step 1"};
  EXPECT_THAT(error_of([&] { page.add(sequence); }), HasSubstr("2 frames, got 1"));
  sequence.maps.clear();
  EXPECT_THAT(error_of([&] { page.add(sequence); }), HasSubstr("got none"));
}

TEST(AttentionPage, NamesRowsOfCrossAttentionByWhatWasWritten) {
  PageSequence sequence{.title = "line 1",
                        .tokens = {"<s>", "a"},
                        .source_tokens = {"x", "y", "z"},
                        .written = {"a", "b", "</s>"},
                        .maps = {{.kind = AttentionKind::cross,
                                  .layers = {0},
                                  .heads = {0},
                                  .frames = {open_maps({1, 1, 3, 3})}}}};
  AttentionPage page("title", "origin");
  page.add(sequence);
  sequence.written.clear();
  EXPECT_THAT(error_of([&] { page.add(sequence); }), HasSubstr("2 queries x 3 keys"));
}

}  // namespace
}  // namespace heed
