#include "src/files/npy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/train/error_of.h"

namespace heed {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A .npy file with this dictionary, padded as the format requires.
std::string npy(std::string dictionary, const std::string& data) {
  dictionary.resize(118 - 1, ' ');
  return std::string("\x93NUMPY\x01\x00\x76\x00", 10) + dictionary + "\n" + data;
}

std::string npy_of(const std::string& dtype, const std::string& shape, const std::string& data) {
  return npy("{'descr': '" + dtype + "', 'fortran_order': False, 'shape': " + shape + ", }", data);
}

TEST(NpyTest, WritesTheBytesThatNumPyWouldWrite) {
  EXPECT_EQ(npy_uint8({2, 1}, std::vector<uint8_t>{3, 255}), npy_of("|u1", "(2, 1)", "\x03\xFF"));
  EXPECT_EQ(npy_content("<f4", {1}, "abcd"), npy_of("<f4", "(1,)", "abcd"));
  EXPECT_EQ(npy_content("<i8", {}, "abcdefgh"), npy_of("<i8", "()", "abcdefgh"));
}

TEST(NpyTest, PadsTextsToTheLongestInCodePoints) {
  const std::vector<std::string> texts = {"a", "naïve", ""};
  const auto array = text_array(texts, "texts");
  EXPECT_EQ(array.dtype, "<U5");
  EXPECT_THAT(array.shape, ElementsAre(3));
  EXPECT_EQ(array.data.size(), 3U * 5 * 4);
  EXPECT_EQ(array.texts(), texts);
}

TEST(NpyTest, RefusesToWriteWhatDoesNotFitTheShape) {
  EXPECT_EQ(error_of([] { npy_content("<f4", {2}, "abcd", "a.npy"); }),
            "a.npy: the shape (2,) does not fit 1 values");
  EXPECT_EQ(error_of([] {
              npy_uint8({3}, std::vector<uint8_t>{1, 2});
            }),
            "the shape (3,) does not fit 2 values");
}

TEST(NpyTest, ReadsWhatNumPyWrites) {
  const auto f8 =
      read_npy(npy_of("<f8", "(1,)", std::string("\x00\x00\x00\x00\x00\x00\xF8\x3F", 8)));
  EXPECT_THAT(f8.values<double>(), ElementsAre(1.5));
  EXPECT_THAT(read_npy(npy_of("|b1", "(2, 1)", std::string("\x01\x00", 2))).values<uint8_t>(),
              ElementsAre(1, 0));
  EXPECT_THAT(read_npy(npy_of("|u1", "()", "\xFF")).values<uint8_t>(), ElementsAre(255));
  EXPECT_THAT(read_npy(npy_of("<f4", "(0,)", "")).values<float>(), IsEmpty());
  const auto other_order =
      read_npy(npy("{'shape':(2,),'descr':'|u1','fortran_order':False}", "ab"));
  EXPECT_THAT(other_order.values<uint8_t>(), ElementsAre('a', 'b'));
  auto version_2 = npy_of("|u1", "(1,)", "a");
  version_2.replace(6, 4, std::string("\x02\x00\x76\x00\x00\x00", 6));
  EXPECT_THAT(read_npy(version_2).values<uint8_t>(), ElementsAre('a'));
}

TEST(NpyTest, RefusesTypesThatItDoesNotKnow) {
  for (const char* dtype : {">f4", "<f16", "<i4", "|O", "<U", "<U0", "<U-1",
                            "<U99999999999999999999", "<U2x", "=f4", "", "f4"})
    EXPECT_THAT(error_of([&] { read_npy(npy_of(dtype, "(1,)", "abcd"), "a.npy"); }),
                HasSubstr("a.npy: expected one of the types"))
        << dtype;
}

TEST(NpyTest, RefusesShapesThatDoNotFitTheData) {
  for (const char* shape : {"(2,)", "(0,)", "(1, 2)", "(9223372036854775807, 3)",
                            "(4611686018427387904, 4)", "(4611686018427387905,)"})
    EXPECT_THAT(error_of([&] { read_npy(npy_of("<f4", shape, "abcd")); }),
                HasSubstr("does not fit"))
        << shape;
  for (const char* shape :
       {"(-1,)", "(1", "1", "(1.5,)", "(,)", "[1]", "(1 1)", "(99999999999999999999,)", "(int(1),)",
        "(1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1)"})
    EXPECT_THAT(error_of([&] { read_npy(npy_of("<f4", shape, "abcd")); }), HasSubstr("npy header"))
        << shape;
}

TEST(NpyTest, RefusesHeadersThatAreNotAPlainDictionary) {
  for (const char* dictionary :
       {"", "{", "{}", "{'descr': '<f4'}", "{'descr': '<f4', 'shape': (1,), }", "[1]",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': 1}",
        "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,), }",
        "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), } + exit()",
        "{'descr': '<f4' 'fortran_order': False, 'shape': (1,), }", "{'descr"})
    EXPECT_THAT(error_of([&] { read_npy(npy(dictionary, "abcd")); }), HasSubstr("npy header"))
        << dictionary;
  EXPECT_THAT(error_of([&] {
                read_npy(npy("{'descr': '<f4', 'fortran_order': True, 'shape': (1,), }", "abcd"));
              }),
              HasSubstr("Fortran order"));
}

TEST(NpyTest, RefusesFilesThatEndTooEarlyOrAreSomethingElse) {
  const auto whole = npy_of("<f4", "(1,)", "abcd");
  ASSERT_EQ(read_npy(whole).size(), 1);
  for (size_t size = 0; size < whole.size(); ++size)
    EXPECT_NE(error_of([&] { read_npy(whole.substr(0, size)); }), "no error") << size << " bytes";
  EXPECT_THAT(error_of([&] { read_npy("PK\x03\x04 something else"); }), HasSubstr("NUMPY"));
  auto version = whole;
  version[6] = 9;
  EXPECT_THAT(error_of([&] { read_npy(version); }), HasSubstr("version"));
  auto long_header = whole;
  long_header[9] = '\x7F';
  EXPECT_THAT(error_of([&] { read_npy(long_header); }), HasSubstr("a header of"));
}

TEST(NpyTest, NamesTheExpectedAndTheActualType) {
  const auto array = read_npy(npy_of("<f4", "(1,)", "abcd"));
  EXPECT_THAT(error_of([&] { array.values<int64_t>(); }),
              testing::AllOf(HasSubstr("int64 (<i8)"), HasSubstr("<f4")));
  EXPECT_THAT(error_of([&] { array.texts(); }), HasSubstr("texts"));
  EXPECT_THAT(error_of([&] { read_npy(npy_of("<U1", "(1,)", "\xFF\xFF\xFF\xFF")).texts(); }),
              HasSubstr("not a Unicode character"));
}

}  // namespace
}  // namespace heed
