#include "src/pages/html.h"

#include <gmock/gmock.h>

namespace heed {
namespace {

TEST(HtmlText, NothingInATextIsMarkup) {
  EXPECT_EQ(html_text("<b title=\"x\" lang='y'>&amp;"),
            "&lt;b title=&quot;x&quot; lang=&#39;y&#39;&gt;&amp;amp;");
}

TEST(HtmlText, OtherLanguagesAndLineEndsStayAsTheyAre) {
  EXPECT_EQ(html_text("a\n\tß 中 🙂"), "a\n\tß 中 🙂");
}

TEST(HtmlText, WhatHtmlCannotHoldIsReplaced) {
  EXPECT_EQ(html_text(std::string("a\x01z\xFF\0", 5)), "a\uFFFDz\uFFFD\uFFFD");
}

}  // namespace
}  // namespace heed
