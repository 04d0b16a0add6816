#include "train/data/utf8.h"

#include <gmock/gmock.h>

namespace heed {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(Utf8, CutsATextIntoCharactersOfOneToFourBytes) {
  EXPECT_THAT(utf8_characters("aé€😀", ""), ElementsAre("a", "é", "€", "😀"));
  EXPECT_EQ(code_point("a"), 0x61u);
  EXPECT_EQ(code_point("é"), 0xE9u);
  EXPECT_EQ(code_point("€"), 0x20ACu);
  EXPECT_EQ(code_point("😀"), 0x1F600u);
}

TEST(Utf8, RefusesWhatIsNotValidAndSaysWhere) {
  EXPECT_THAT([] { utf8_characters("ab\ncd\xFF", "file.txt"); },
              ThrowsMessage<std::runtime_error>(
                  HasSubstr("file.txt:2: expected UTF-8 text, got the byte 0xFF at "
                            "offset 5")));
}

TEST(Utf8, RefusesOverlongSurrogateTruncatedAndTooLargeSequences) {
  for (const std::string bad :
       {"\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80", "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80", "\xE2\x82", "\x80", "\xC3("})
    EXPECT_THROW(utf8_characters(bad, ""), std::runtime_error);
}

}  // namespace
}  // namespace heed
