#include "models/options.h"

#include <gmock/gmock.h>

#include <cstdlib>

namespace heed {

enum class Shade { light, dark };
template <>
inline constexpr auto enum_names<Shade> =
    std::to_array<EnumName<Shade>>({{"light", Shade::light}, {"dark", Shade::dark}});

namespace {

using ::testing::StrEq;
using ::testing::ThrowsMessage;

TEST(Options, ValuesInsideTheRangePassAndValuesOutsideAreNamed) {
  int64_t layers = 1;
  double rate = 0.5;
  OptionList list;
  list.add("layers", &layers, "").at_least(1).at_most(8);
  list.add("rate", &rate, "").above(0).below(1);
  for (const auto& option : list.options()) EXPECT_NO_THROW(option.check());
  layers = 0;
  EXPECT_THAT(
      [&] { list.find("layers")->check(); },
      ThrowsMessage<OptionError>(StrEq("expected an integer of at least 1 and at most 8, got 0")));
  for (const double wrong : {0.0, 1.0, -1.0, std::numeric_limits<double>::quiet_NaN()}) {
    rate = wrong;
    EXPECT_THROW(list.find("rate")->check(), OptionError) << wrong;
  }
}

TEST(Options, ATextOutsideItsChoicesIsRefusedWithTheChoices) {
  std::string norm = "middle";
  OptionList list;
  list.add("norm", &norm, "").one_of({"pre", "post"});
  EXPECT_THAT([&] { list.find("norm")->check(); },
              ThrowsMessage<OptionError>(StrEq("expected one of pre, post, got \"middle\"")));
  EXPECT_EQ(list.find("no such"), nullptr);
}

TEST(Options, AnEnumIsSetByNameAndAnUnknownNameIsRefusedWithTheKnownOnes) {
  Shade shade = Shade::light;
  OptionList list;
  list.add("shade", &shade, "");
  const auto* option = list.find("shade");
  EXPECT_EQ(option->expected(), "one of light, dark");
  EXPECT_EQ(std::get<std::string>(option->value()), "light");
  option->set_text("dark");
  EXPECT_EQ(shade, Shade::dark);
  EXPECT_THAT([&] { option->set_text("grey"); },
              ThrowsMessage<OptionError>(StrEq("expected one of light, dark, got \"grey\"")));
  EXPECT_EQ(shade, Shade::dark);
}

TEST(Options, AnErrorKnowsItsOption) {
  try {
    throw OptionError("heads", "too many");
  } catch (const OptionError& error) {
    EXPECT_EQ(error.option(), "heads");
  }
}

TEST(Numbers, HaveTheShortestTextThatReadsBackTheSame) {
  EXPECT_EQ(number_text(3e-3), "0.003");
  EXPECT_EQ(number_text(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(number_text(1e-5), "1e-05");
  EXPECT_EQ(number_text(100000), "100000");
  EXPECT_EQ(number_text(-2), "-2");
  EXPECT_EQ(number_text(0), "0");
  EXPECT_EQ(number_text(1e22), "1e+22");
  for (const double number : {1.0 / 3, 6.02214076e23, 5e-324, 1.7976931348623157e308, 12345.678})
    EXPECT_EQ(std::strtod(number_text(number).c_str(), nullptr), number) << number_text(number);
}

}  // namespace
}  // namespace heed
