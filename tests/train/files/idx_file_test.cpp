#include "train/files/idx_file.h"

#include <gmock/gmock.h>

#include <numeric>

#include "tests/train/files/idx_bytes.h"
#include "tests/train/files/temporary_folder.h"

namespace heed {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using ::testing::ThrowsMessage;

class IdxFileTest : public ::testing::Test {
 protected:
  /// Expects that reading these bytes as an IDX file of `dimensions` fails with both texts.
  void expect_refused(const std::string& bytes, int64_t dimensions, const std::string& expected,
                      const std::string& got) {
    const auto path = folder_.write("numbers", bytes);
    EXPECT_THAT([&] { read_idx(path, dimensions); },
                ThrowsMessage<std::runtime_error>(
                    AllOf(StartsWith(path.string() + ": "), HasSubstr(expected), HasSubstr(got))));
  }

  TemporaryFolder folder_;
};

TEST_F(IdxFileTest, SizesAndBytesComeBack) {
  const auto file =
      read_idx(folder_.write("a", idx_bytes({2, 1, 3}, {0, 1, 127, 128, 254, 255})), 3);
  EXPECT_THAT(file.sizes, ElementsAre(2, 1, 3));
  EXPECT_THAT(file.values, ElementsAre(0, 1, 127, 128, 254, 255));
}

TEST_F(IdxFileTest, SizesAreReadWithTheHighByteFirst) {
  const auto file = read_idx(folder_.write("a", idx_bytes({0x0102}, std::vector<uint8_t>(258))), 1);
  EXPECT_THAT(file.sizes, ElementsAre(258));
}

TEST_F(IdxFileTest, WhatIsNoIdxFileOfBytesIsRefused) {
  expect_refused("\x1f\x8b\x08 and so on", 3, "packed by gzip", "gunzip numbers");
  expect_refused("PK and so on", 3, "begins with the bytes 00 00 08 03", "got 50 4b 20 61");
  expect_refused("", 1, "begins with the bytes 00 00 08 01", "got nothing");
  expect_refused(std::string("\0\0\x08", 3), 1, "00 00 08 01", "got 00 00 08");
  auto doubles = idx_bytes({1}, {0, 0, 0, 0, 0, 0, 0, 0});
  doubles[2] = 0x0e;
  expect_refused(doubles, 1, "one byte (type 08)", "type 0e");
}

TEST_F(IdxFileTest, AnotherNumberOfDimensionsIsRefused) {
  expect_refused(idx_bytes({4}, {1, 2, 3, 4}), 3, "expected 3 dimensions", "got 1");
  expect_refused(idx_bytes({1, 2, 2}, {1, 2, 3, 4}), 1, "expected 1 dimension,", "got 3");
}

TEST_F(IdxFileTest, AFileMustBeAsLongAsItPromises) {
  const auto whole = idx_bytes({1, 2, 2}, {1, 2, 3, 4});
  expect_refused(whole.substr(0, 19), 3, "expected 1 x 2 x 2 = 4 bytes", "got 3");
  expect_refused(whole.substr(0, 16), 3, "expected 1 x 2 x 2 = 4 bytes", "got 0");
  expect_refused(whole.substr(0, 15), 3, "header of 16 bytes", "a file of 15");
  expect_refused(whole + "5", 3, "4 bytes after the header", "got 5");
  expect_refused(idx_bytes({0, 2, 2}, {}), 3, "at least one number", "got none");
  // The product of these sizes is 2^66, of which 64 bits keep nothing.
  expect_refused(idx_bytes({1u << 22, 1u << 22, 1u << 22}, {}), 3, "73786976294838206464", "got 0");
}

TEST_F(IdxFileTest, AMissingFileIsNamed) {
  EXPECT_THAT(
      [&] { read_idx(folder_ / "nowhere", 1); },
      ThrowsMessage<std::runtime_error>(AllOf(HasSubstr("nowhere"), HasSubstr("No such file"))));
}

TEST_F(IdxFileTest, ImagesAndTheirLabelsMakeAPair) {
  std::vector<uint8_t> pixels(12);
  std::iota(pixels.begin(), pixels.end(), uint8_t{0});
  const auto images = folder_.write("images", idx_bytes({2, 3, 2}, pixels));
  const auto pair = read_labelled_images(images, folder_.write("labels", idx_bytes({2}, {9, 0})));
  EXPECT_EQ(pair.count, 2);
  EXPECT_EQ(pair.rows, 3);
  EXPECT_EQ(pair.columns, 2);
  EXPECT_EQ(pair.pixels, pixels);
  EXPECT_THAT(pair.labels, ElementsAre(9, 0));

  const auto few = folder_.write("few", idx_bytes({1}, {3}));
  EXPECT_THAT(
      [&] { read_labelled_images(images, few); },
      ThrowsMessage<std::runtime_error>(
          AllOf(StartsWith(few.string()), HasSubstr("each of the 2 images"), HasSubstr("got 1"))));
  const auto high = folder_.write("high", idx_bytes({2}, {3, 10}));
  EXPECT_THAT([&] { read_labelled_images(images, high); },
              ThrowsMessage<std::runtime_error>(
                  AllOf(StartsWith(high.string()), HasSubstr("from 0 to 9, got 10 for image 1"))));
  EXPECT_THAT([&] { read_labelled_images(few, images); },
              ThrowsMessage<std::runtime_error>(HasSubstr("images have 3")));
}

}  // namespace
}  // namespace heed
