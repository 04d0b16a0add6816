#include "src/console/progress_bar.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <memory>
#include <thread>

#include "src/console/console_table.h"

namespace heed {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const ProgressState halfway{.label = "tiny",
                            .step = 500,
                            .total = 1000,
                            .loss = 2.34567,
                            .tokens_per_second = 812345,
                            .seconds_left = 65};

TEST(FormatDurationTest, WritesHoursOnlyIfThereAreAny) {
  EXPECT_EQ(format_duration(0), "0:00");
  EXPECT_EQ(format_duration(7), "0:07");
  EXPECT_EQ(format_duration(65), "1:05");
  EXPECT_EQ(format_duration(59.6), "1:00");
  EXPECT_EQ(format_duration(2 * 3600 + 3 * 60 + 4), "2:03:04");
  EXPECT_EQ(format_duration(100 * 3600), "100:00:00");
  EXPECT_EQ(format_duration(-1), "0:00");
}

TEST(FormatRateTest, KeepsThreeDigits) {
  EXPECT_EQ(format_rate(0), "0 tokens/s");
  EXPECT_EQ(format_rate(950), "950 tokens/s");
  EXPECT_EQ(format_rate(999.7), "1.00k tokens/s");
  EXPECT_EQ(format_rate(12345), "12.3k tokens/s");
  EXPECT_EQ(format_rate(812345), "812k tokens/s");
  EXPECT_EQ(format_rate(1234567), "1.23M tokens/s");
}

TEST(RenderTest, ShowsEverythingIfThereIsRoom) {
  EXPECT_EQ(render(halfway, 80),
            "tiny  [===========>          ]   500/1000  loss 2.3457  1:05 left  812k tokens/s");
}

TEST(RenderTest, IsNeverTooWide) {
  auto state = halfway;
  state.label = "a-run-of-a-long-name-日本語";
  for (int width = 0; width < 200; ++width)
    EXPECT_LE(display_width(render(state, width)), width) << render(state, width);
}

TEST(RenderTest, DropsTheLabelThenTheBarThenPartsFromTheRight) {
  EXPECT_THAT(render(halfway, 62), AllOf(Not(HasSubstr("tiny")), HasSubstr("[")));
  EXPECT_EQ(render(halfway, 50), " 500/1000  loss 2.3457  1:05 left  812k tokens/s");
  EXPECT_EQ(render(halfway, 40), " 500/1000  loss 2.3457  1:05 left");
  EXPECT_EQ(render(halfway, 25), " 500/1000  loss 2.3457");
  EXPECT_EQ(render(halfway, 10), " 500/1000");
}

TEST(RenderTest, ShortensALongLabel) {
  auto state = halfway;
  state.label = std::string(60, 'x');
  EXPECT_THAT(render(state, 80), AllOf(HasSubstr("xxx…"), HasSubstr("tokens/s")));
}

TEST(RenderTest, FillsTheBarAtTheEnd) {
  auto state = halfway;
  state.step = state.total;
  EXPECT_THAT(render(state, 80), AllOf(HasSubstr("=]"), HasSubstr("1000/1000")));
  state.step = 0;
  EXPECT_THAT(render(state, 80), HasSubstr("[> "));
  state.step = 2 * state.total;
  EXPECT_LE(display_width(render(state, 80)), 80);
}

TEST(RenderTest, LeavesOutUnknownNumbers) {
  EXPECT_EQ(render({.label = "tiny", .step = 3}, 80), "step 3");
  EXPECT_THAT(render({.label = "tiny", .step = 3, .total = 9}, 80),
              AllOf(HasSubstr("3/9"), Not(HasSubstr("loss")), Not(HasSubstr("left"))));
}

TEST(RenderTest, ShowsHugeAndInfiniteLosses) {
  auto state = halfway;
  state.loss = 123456789;
  EXPECT_THAT(render(state, 80), HasSubstr("loss 1.23e+08"));
  state.loss = INFINITY;
  EXPECT_THAT(render(state, 80), HasSubstr("loss inf"));
}

// A pseudoterminal, to see what a program prints to it.
class Terminal : public testing::Test {
 protected:
  void SetUp() override {
    ::setenv("TERM", "xterm", 1);
    master_ = ::posix_openpt(O_RDWR | O_NOCTTY);
    if (master_ < 0 || ::grantpt(master_) != 0 || ::unlockpt(master_) != 0)
      GTEST_SKIP() << "this system gives no pseudo-terminal";
    stream_.reset(std::fopen(::ptsname(master_), "r+"));
    if (!stream_) GTEST_SKIP() << "this system's pseudo-terminal cannot be opened";
    const winsize size{.ws_row = 24, .ws_col = 60, .ws_xpixel = 0, .ws_ypixel = 0};
    ASSERT_EQ(::ioctl(master_, TIOCSWINSZ, &size), 0);
  }
  ~Terminal() override {
    stream_.reset();
    if (master_ >= 0) ::close(master_);
  }

  std::string printed() const {
    std::string text;
    pollfd ready{.fd = master_, .events = POLLIN, .revents = 0};
    std::array<char, 4096> buffer{};
    while (::poll(&ready, 1, 20) > 0) {
      const auto count = ::read(master_, buffer.data(), buffer.size());
      if (count <= 0) break;
      text.append(buffer.data(), static_cast<size_t>(count));
    }
    return text;
  }

  int master_ = -1;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> stream_{nullptr, std::fclose};
};

TEST_F(Terminal, GetsOneLineThatFits) {
  ProgressBar bar("tiny", 1000, stream_.get());
  EXPECT_TRUE(bar.interactive());
  bar.update(10, 2.5, 1e5);
  const auto text = printed();
  ASSERT_THAT(text, AllOf(testing::StartsWith("\r"), testing::EndsWith("\x1b[K"),
                          HasSubstr("10/1000"), Not(HasSubstr("\n"))));
  EXPECT_LT(display_width(text.substr(1, text.size() - 4)), 60);
}

TEST_F(Terminal, IsRedrawnAtMostTenTimesPerSecond) {
  ProgressBar bar("tiny", 1000000, stream_.get());
  const auto start = std::chrono::steady_clock::now();
  for (int step = 1; step <= 10000; ++step) bar.update(step, 2.5, 1e5);
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  const auto text = printed();
  EXPECT_LE(std::count(text.begin(), text.end(), '\r'), 1 + static_cast<int>(taken.count() / .1));
}

TEST_F(Terminal, AlwaysShowsTheLastStep) {
  ProgressBar bar("tiny", 1000, stream_.get());
  bar.update(999, 2.5, 1e5);
  bar.update(1000, 2.5, 1e5);
  EXPECT_THAT(printed(), HasSubstr("1000/1000"));
}

TEST_F(Terminal, EstimatesTheTimeLeftFromTheStepsSinceTheFirst) {
  ProgressBar bar("tiny", 1000, stream_.get());
  bar.update(500, 2.5, 1e5);
  EXPECT_THAT(printed(), Not(HasSubstr("left"))) << "nothing to estimate it from";
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  bar.update(501, 2.5, 1e5);
  // 499 steps of 0.2 seconds or, on a busy machine, more.
  EXPECT_THAT(printed(), testing::ContainsRegex("[0-9]+:[0-9][0-9] left"));
}

TEST_F(Terminal, ShowsAStateAtOnce) {
  ProgressBar bar("x", 10, stream_.get());
  bar.show({.label = "3/9 runs", .step = 40, .total = 100, .seconds_left = 65});
  EXPECT_THAT(printed(), AllOf(HasSubstr("3/9 runs"), HasSubstr("40/100"), HasSubstr("1:05 left")));
}

TEST_F(Terminal, IsClearedForOtherLines) {
  ProgressBar bar("tiny", 1000, stream_.get());
  bar.clear();
  EXPECT_EQ(printed(), "") << "nothing was drawn";
  bar.update(1, 2.5, 1e5);
  printed();
  bar.clear();
  EXPECT_EQ(printed(), "\r\x1b[K");
}

TEST_F(Terminal, IsCleanAfterTheBar) {
  {
    ProgressBar bar("tiny", 1000, stream_.get());
    bar.update(1, 2.5, 1e5);
  }
  EXPECT_THAT(printed(), testing::EndsWith("\r\x1b[K"));
}

TEST_F(Terminal, GetsNothingIfItIsDumb) {
  ::setenv("TERM", "dumb", 1);
  ProgressBar bar("tiny", 1000, stream_.get());
  bar.update(1, 2.5, 1e5);
  EXPECT_FALSE(bar.interactive());
  EXPECT_EQ(printed(), "");
}

TEST(ProgressBarTest, PrintsNothingToAFile) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(), std::fclose);
  ASSERT_TRUE(file);
  ProgressBar bar("tiny", 1000, file.get());
  EXPECT_FALSE(bar.interactive());
  bar.update(1, 2.5, 1e5);
  bar.update(1000, 2.5, 1e5);
  bar.clear();
  EXPECT_EQ(std::ftell(file.get()), 0);
}

}  // namespace
}  // namespace heed
