#include "src/pages/html.h"

#include <gmock/gmock.h>

#include "src/console/console_table.h"

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

TEST(HtmlTable, NothingInATableIsMarkup) {
  ConsoleTable table({{"na<me"}, {.header = "count", .align = Align::right}}, "A & B");
  table.add_row({"<script>", "3"});
  EXPECT_EQ(html_table(table),
            "<table>\n<caption>A &amp; B</caption>\n<thead><tr><th>na&lt;me</th>"
            "<th class=\"number\">count</th></tr></thead>\n<tbody>\n<tr><td>&lt;script&gt;</td>"
            "<td class=\"number\">3</td></tr>\n</tbody>\n</table>\n");
}

}  // namespace
}  // namespace heed
