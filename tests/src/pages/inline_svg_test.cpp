#include "src/pages/inline_svg.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <stdexcept>

#include "src/figures/line_figure.h"
#include "src/figures/strip_figure.h"
#include "tests/src/figures/drawn_figure.h"

namespace heed {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> matches(const std::string& text, const std::string& expression) {
  const std::regex pattern(expression);
  std::vector<std::string> found;
  for (std::sregex_iterator match(text.begin(), text.end(), pattern), end; match != end; ++match)
    found.push_back((*match)[1]);
  return found;
}

class InlineSvgTest : public testing::Test {
 protected:
  std::string inlined(const std::string& svg, const std::string& prefix = "a-") const {
    return inline_svg(folder_.write("figure.svg", svg), prefix);
  }
  std::string inlined_content(const std::string& content) const {
    return inlined("<svg viewBox='0 0 1 1'>" + content + "</svg>");
  }
  TemporaryFolder folder_;
};

using InlineSvgOfFiguresTest = DrawnFigure;

TEST_F(InlineSvgOfFiguresTest, TwoFiguresInOnePageShareNoIdAndReferToTheirOwn) {
  const LinePanel panel{.series = {{.name = "a", .points = {{0, 1}, {1, 2}}}}};
  write_line_figure({.title = "lines", .panels = {panel, panel}}, stem());
  const auto first = inline_svg(stem().string() + ".svg", "first-");
  write_strip_figure(
      {.title = "strips", .categories = {"a"}, .panels = {{.columns = {{.points = {1, 2}}}}}},
      stem());
  const auto second = inline_svg(stem().string() + ".svg", "second-");
  EXPECT_THAT(first, HasSubstr(">lines<"));
  EXPECT_THAT(second, HasSubstr(">strips<"));

  const auto page = first + second;
  const auto ids = matches(page, " id=\"([^\"]*)\"");
  const std::set<std::string> unique(ids.begin(), ids.end());
  EXPECT_EQ(unique.size(), ids.size());
  EXPECT_GT(ids.size(), 10U);
  const auto uses = matches(page, "href=\"#([^\"]*)\"");
  EXPECT_GT(uses.size(), 6U);
  for (const auto& id : uses) EXPECT_EQ(unique.count(id), 1U) << id;
  for (const auto& id : matches(second, "href=\"#([^\"]*)\""))
    EXPECT_THAT(id, testing::StartsWith("second-"));
  EXPECT_EQ(count_of("://", page), count_of("xmlns", page)) << "no address but the namespaces'";
  EXPECT_THAT(page, AllOf(Not(HasSubstr("<?xml")), Not(HasSubstr("<script")),
                          Not(HasSubstr("<title")), Not(HasSubstr("onload"))));
}

TEST_F(InlineSvgTest, PutsThePrefixBeforeIdsAndAllThatRefersToThem) {
  const auto svg = inlined_content(
      "<defs><path id='p'/><clipPath id=\"c\"/></defs><use xlink:href='#p'/><use href=\"#p\"/>"
      "<rect clip-path='url(#c)' style='fill:url(\"#p\");mask:url(#c)'/>");
  EXPECT_THAT(svg, AllOf(HasSubstr("<path id=\"a-p\"/>"), HasSubstr("<clipPath id=\"a-c\"/>"),
                         HasSubstr("<use xlink:href=\"#a-p\"/>"), HasSubstr("<use href=\"#a-p\"/>"),
                         HasSubstr("clip-path=\"url(#a-c)\""),
                         HasSubstr("style=\"fill:url('#a-p');mask:url(#a-c)\"")));
}

TEST_F(InlineSvgTest, TellsIdsApartThatTheFileGivesTwice) {
  EXPECT_THAT(inlined_content("<path id='p'/><path id='p'/>"),
              AllOf(HasSubstr("id=\"a-p\""), HasSubstr("id=\"a-p-2\"")));
}

TEST_F(InlineSvgTest, FitsThePageAndIsNoWiderThanTheFileSays) {
  const auto svg = inlined(
      "<?xml version='1.0'?>\n<!DOCTYPE svg PUBLIC \"-//W3C\" \"http://www.w3.org/x.dtd\" [ "
      "<!ENTITY "
      "a \"b>\"> ]>\n<!-- a > comment --><svg width=\"720\" height='502' viewBox=\"0 0 720 502\" "
      "xmlns=\"http://www.w3.org/2000/svg\"><path d='M0,0'/></svg>\n");
  EXPECT_THAT(svg, AllOf(Not(HasSubstr("width=")), Not(HasSubstr("height=")), Not(HasSubstr("<!")),
                         Not(HasSubstr("<?")), HasSubstr("viewBox=\"0 0 720 502\""),
                         HasSubstr("width:720px;max-width:100%"),
                         HasSubstr("xmlns=\"http://www.w3.org/2000/svg\"")));
  EXPECT_THAT(inlined("<svg width='10' height='20'></svg>"), HasSubstr("viewBox=\"0 0 10 20\""));
}

TEST_F(InlineSvgTest, RemovesWhatRunsAndWhatRefersElsewhere) {
  const auto svg = inlined_content(
      "<script>alert('EVIL')</script><g onload='EVIL()'><path d='M1'/></g>"
      "<SCRIPT xlink:href='EVIL'/><style>@import 'EVIL';</style>"
      "<image xlink:href='http://EVIL/x.png'/><image href='//EVIL'/><image href='&#104;ttp:EVIL'/>"
      "<use href='other.svg#EVIL'/><rect fill='url(http://EVIL#a)' stroke='url( \"EVIL.svg#a\")'/>"
      "<a href='javascript:EVIL'><path d='M2'/></a><rect fill='url&lpar;EVIL)'/>"
      "<foreignObject><iframe src='EVIL'><p>EVIL</p></iframe></foreignObject>"
      "<animate attributeName='href' to='https://EVIL'/><rect style='fill:u\\72l(EVIL)'/>");
  EXPECT_THAT(svg, Not(HasSubstr("EVIL")));
  EXPECT_THAT(svg, AllOf(HasSubstr("d=\"M1\""), HasSubstr("d=\"M2\"")));
}

TEST_F(InlineSvgTest, KeepsTextsAndPicturesThatItCarries) {
  const auto svg = inlined_content(
      "<text>a &lt;b&gt; see http://x {} </text><image href='data:image/png;base64,AB//C='/>"
      "<g class='empty'> <g></g> </g>");
  EXPECT_THAT(svg, AllOf(HasSubstr(">a &lt;b&gt; see http://x {} </text>"),
                         HasSubstr("href=\"data:image/png;base64,AB//C=\""), Not(HasSubstr("<g"))));
}

TEST_F(InlineSvgTest, RefusesABadPrefixAndWhatIsNoSvg) {
  EXPECT_THROW(inlined("<svg></svg>", ""), std::invalid_argument);
  EXPECT_THROW(inlined("<svg></svg>", "1"), std::invalid_argument);
  EXPECT_THROW(inlined("<svg></svg>", "a\" onload=\""), std::invalid_argument);
  for (const char* broken :
       {"", "text", "<html></html>", "<svg><g></svg>", "<svg>", "<svg a></svg>", "<svg a='b",
        "<svg></svg><svg></svg>", "</svg>", "<svg><!-- </svg>"}) {
    EXPECT_THROW(inlined(broken), std::runtime_error) << broken;
  }
  EXPECT_THROW(inline_svg(folder_ / "missing.svg", "a"), std::runtime_error);
}

}  // namespace
}  // namespace heed
