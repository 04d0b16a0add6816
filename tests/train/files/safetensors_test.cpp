#include "train/files/safetensors.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstring>

#include "tests/train/files/memory_limit.h"
#include "tests/train/files/temporary_folder.h"
#include "train/files/file.h"

namespace heed {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(Safetensors, EveryTypeAndShapeComesBackWithItsMetadata) {
  const TemporaryFolder folder;
  NamedTensors tensors;
  for (const auto type : {at::kFloat, at::kDouble, at::kBFloat16, at::kHalf, at::kLong, at::kInt,
                          at::kByte, at::kBool})
    tensors.emplace_back(c10::str(type), at::arange(6).view({2, 3}).to(type));
  tensors.emplace_back("scalar", at::tensor(2.5));
  tensors.emplace_back("empty", at::empty({0, 4}));
  tensors.emplace_back("transposed", at::arange(6).view({2, 3}).t());
  write_safetensors(folder / "t", tensors, {{"made by", "a \"test\""}});
  const auto file = read_safetensors(folder / "t");
  ASSERT_EQ(file.tensors.size(), tensors.size());
  for (const auto& [name, tensor] : tensors) {
    EXPECT_EQ(file.tensors.at(name).scalar_type(), tensor.scalar_type());
    EXPECT_TRUE(file.tensors.at(name).equal(tensor)) << name;
  }
  EXPECT_EQ(file.metadata.at("made by"), "a \"test\"");
}

size_t files(const TemporaryFolder& folder) {
  namespace fs = std::filesystem;
  return static_cast<size_t>(
      std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()));
}

TEST(Safetensors, TensorsThatComeOneByOneMakeTheSameFile) {
  const TemporaryFolder folder;
  const NamedTensors tensors = {{"halves", at::rand({3}).to(at::kHalf)},
                                {"numbers", at::arange(4)},
                                {"transposed", at::rand({2, 3}).t()},
                                {"empty", at::empty({0, 4})}};
  write_safetensors(folder / "at once", tensors, {{"b", "2"}, {"a", "\"\n"}});
  SafetensorsWriter writer(folder / "one by one");
  writer.add_metadata("a", "\"\n");
  for (const auto& [name, tensor] : tensors) writer.add(name, tensor);
  EXPECT_EQ(files(folder), 1U) << "nothing is seen before close()";
  writer.add_metadata("b", "2");
  writer.close();
  EXPECT_EQ(read_file(folder / "one by one"), read_file(folder / "at once"));
  EXPECT_EQ(files(folder), 2U);
}

TEST(Safetensors, ATensorThatChangesAfterwardsIsWrittenAsItCame) {
  const TemporaryFolder folder;
  auto tensor = at::ones({2});
  SafetensorsWriter writer(folder / "t");
  writer.add("first", tensor);
  tensor.zero_();
  writer.add("second", tensor);
  writer.close();
  const auto file = read_safetensors(folder / "t");
  EXPECT_TRUE(file.tensors.at("first").equal(at::ones({2})));
  EXPECT_TRUE(file.tensors.at("second").equal(at::zeros({2})));
}

// Readers that map the file look at the numbers where they lie.
TEST(Safetensors, NumbersLieAtMultiplesOfTheirSize) {
  const TemporaryFolder folder;
  write_safetensors(folder / "t", {{"byte", at::ones({3}, at::kByte)},
                                   {"half", at::full({1}, 0.5, at::kHalf)},
                                   {"long", at::full({1}, 0x0123456789ABCDEF, at::kLong)},
                                   {"float", at::full({1}, 1.5)}});
  const auto content = read_file(folder / "t");
  const auto offset_of = [&content](const std::string& bytes) { return content.rfind(bytes); };
  EXPECT_EQ(offset_of("\xEF\xCD\xAB\x89\x67\x45\x23\x01") % 8, 0U);
  EXPECT_EQ(offset_of(std::string("\x00\x00\xC0\x3F", 4)) % 4, 0U);
  EXPECT_EQ(offset_of(std::string("\x00\x38", 2)) % 2, 0U);
}

TEST(Safetensors, AWriterRefusesWhatItCannotWriteAndLeavesNothing) {
  const TemporaryFolder folder;
  {
    SafetensorsWriter writer(folder / "t");
    writer.add("a", at::ones({1}));
    const auto refused = [&writer](const std::string& name, const at::Tensor& tensor,
                                   const std::string& why) {
      EXPECT_THAT([&] { writer.add(name, tensor); },
                  ThrowsMessage<std::runtime_error>(HasSubstr(why)));
    };
    refused("a", at::ones({1}), "\"a\" was added twice");
    refused("c", at::ones({1}, at::kComplexFloat), "cannot hold the type");
    refused("__metadata__", at::ones({1}), "reserves the name");
    EXPECT_THAT([&] { writer.add_metadata("tokens", "b\xFF"); },
                ThrowsMessage<std::runtime_error>(HasSubstr("metadata \"tokens\"")));
    const std::string million(1'000'000, 'x');
    EXPECT_THAT(
        [&] {
          for (int i = 0; i < 101; ++i) writer.add_metadata(std::to_string(i), million);
        },
        ThrowsMessage<std::runtime_error>(HasSubstr("readers of safetensors accept")));
  }
  EXPECT_EQ(files(folder), 0U);
  SafetensorsWriter nowhere(folder / "absent" / "t");
  EXPECT_THAT([&] { nowhere.add("a", at::ones({1})); },
              ThrowsMessage<std::runtime_error>(HasSubstr("absent/t: No such file")));
}

TEST(Safetensors, AFileWithoutTensorsMayHoldMetadata) {
  const TemporaryFolder folder;
  SafetensorsWriter writer(folder / "t");
  writer.add_metadata("a", "b");
  writer.close();
  EXPECT_EQ(read_safetensors(folder / "t").metadata.at("a"), "b");
}

std::string with_header(const std::string& header, const std::string& data, uint64_t length) {
  std::string content(8, '\0');
  std::memcpy(content.data(), &length, 8);
  return content + header + data;
}

std::string with_header(const std::string& header, const std::string& data = "") {
  return with_header(header, data, header.size());
}

struct Bad {
  std::string content, expected;
};

void expect_refused(const std::vector<Bad>& all) {
  const TemporaryFolder folder;
  for (const auto& bad : all) {
    const auto path = folder.write("bad", bad.content);
    EXPECT_THAT([&] { read_safetensors(path); },
                ThrowsMessage<std::runtime_error>(HasSubstr(bad.expected)))
        << bad.content;
  }
}

// Two tensors of four bytes each at these offsets, in `size` bytes of data.
std::string two_at(const std::string& first, const std::string& second, size_t size = 8) {
  return with_header(fmt::format(R"({{"a":{{"dtype":"F32","shape":[1],"data_offsets":[{}]}},)"
                                 R"("b":{{"dtype":"F32","shape":[1],"data_offsets":[{}]}}}})",
                                 first, second),
                     std::string(size, 'x'));
}

TEST(Safetensors, RefusesOffsetsThatOverlapOrLeaveGapsOrTheFile) {
  expect_refused({{two_at("0,4", "2,6"), "starts at byte 2, expected 4"},
                  {two_at("4,8", "4,8"), "starts at byte 4, expected 0"},
                  {two_at("0,4", "5,9", 9), "starts at byte 5, expected 4"},
                  {two_at("0,4", "8,12"), "\"b\": its data lie outside the file"},
                  {two_at("0,4", "9223372036854775804,9223372036854775808"), "outside the file"},
                  {two_at("0,4", "18446744073709551612,0"), "outside the file"},
                  {two_at("0,4", "4,18446744073709551616"), "the offsets are no two numbers"},
                  {two_at("0,4", "-4,0"), "the offsets are no two numbers"}});
}

TEST(Safetensors, RefusesHeaderLengthsNearThePowersOfTwo) {
  for (const int power : {31, 32, 62, 63})
    for (const int64_t more : {-9, -8, -1, 0, 1})
      expect_refused({{with_header("{}", "", (uint64_t{1} << power) + static_cast<uint64_t>(more)),
                       "a header of"}});
  expect_refused({{with_header("{}", "", UINT64_MAX), "a header of 18446744073709551615 bytes"}});
}

TEST(Safetensors, RefusesShapesWhoseProductOverflowsEvenOfNothing) {
  const auto shaped = [](const std::string& shape) {
    return with_header(R"({"a":{"dtype":"F64","shape":)" + shape + R"(,"data_offsets":[0,0]}})");
  };
  for (const std::string shape : {"[4611686018427387904,4]", "[0,9223372036854775807]",
                                  "[9223372036854775807,0,9223372036854775807]"})
    expect_refused({{shaped(shape), "do not make 0 bytes"}});
  expect_refused({{shaped("[9223372036854775808]"), "the shape holds"},
                  {shaped("[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]"), "no list of sizes"}});
}

TEST(Safetensors, ChecksSizesBeforeItAllocates) {
  const TemporaryFolder folder;
  const auto path = folder.write(
      "a", with_header(R"({"a":{"dtype":"U8","shape":[1073741824],"data_offsets":[0,1073741824]}})",
                       "few"));
  const MemoryLimit limit(uint64_t{64} << 20);
  EXPECT_THAT([&] { read_safetensors(path); },
              ThrowsMessage<std::runtime_error>(HasSubstr("outside the file")));
}

// As a tree a header takes many times its bytes.
TEST(Safetensors, RefusesHeadersThatWouldTakeMuchMoreMemoryThanTheirFile) {
  const std::string spaces(size_t{2} << 20, ' ');
  expect_refused({{with_header("{}" + spaces), "too large for a file of"},
                  {with_header("{\"a\":[[[1]]]}"), "lists within lists"},
                  {with_header(std::string(100'000, '[')), "lists within lists"}});
}

TEST(Safetensors, RefusesWhatCannotBe) {
  const std::string eight(8, 'x');
  const std::vector<Bad> all = {
      {"", "shorter than 8 bytes"},
      {with_header("{}", "", 1000), "a header of 1000 bytes"},
      {with_header("{}", "", UINT64_MAX - 3), "a header of"},
      {with_header("{\"a\"", ""), "parse error"},
      {with_header("[]"), "no JSON object"},
      {with_header(R"({"a":{"dtype":"F32","shape":[2]}})", eight), "expected an object with"},
      {with_header(R"({"a":{"dtype":"PICKLE","shape":[2],"data_offsets":[0,8]}})", eight),
       "unknown type"},
      {with_header(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,9]}})", eight),
       "outside the file"},
      {with_header(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", eight),
       "outside the file"},
      {with_header(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", eight),
       "do not make 8 bytes"},
      {with_header(R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", eight),
       "the shape holds -2"},
      {with_header(R"({"a":{"dtype":"F32","shape":[9223372036854775807,4],"data_offsets":[0,8]}})",
                   eight),
       "do not make 8 bytes"},
      {with_header(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                   R"("b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
                   eight),
       "starts at byte 0, expected 4"},
      {with_header(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", eight),
       "belong to no tensor"},
      {with_header(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                   R"("a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
                   eight),
       "appears twice"},
      {with_header(R"({"__metadata__":{"a":1}})"), "readable"},
  };
  expect_refused(all);
}

}  // namespace
}  // namespace heed
