#include "train/safetensors.h"

#include <gmock/gmock.h>

#include <cstring>

#include "tests/train/temporary_folder.h"
#include "train/file.h"

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

TEST(Safetensors, RefusesWhatCannotBeBeforeAllocatingAnything) {
  const TemporaryFolder folder;
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
       "stands twice"},
      {with_header(R"({"__metadata__":{"a":1}})"), "readable"},
  };
  for (const auto& bad : all) {
    const auto path = folder.write("bad", bad.content);
    EXPECT_THAT([&] { read_safetensors(path); },
                ThrowsMessage<std::runtime_error>(HasSubstr(bad.expected)))
        << bad.content;
  }
}

}  // namespace
}  // namespace heed
