#include "src/files/matrix_file.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "src/files/npy.h"
#include "tests/train/files/temporary_folder.h"
#include "train/files/file.h"

namespace heed {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string reading_error(const std::filesystem::path& path) {
  try {
    read_matrix(path);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "no error";
}

template <typename T>
std::string bytes_of(const std::vector<T>& values) {
  std::string bytes(values.size() * sizeof(T), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

// A .npy file as NumPy writes it.
std::string npy(const std::string& dtype, const std::string& shape, const std::string& data,
                const std::string& fortran = "False") {
  std::string dictionary =
      "{'descr': '" + dtype + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }";
  dictionary.resize(117, ' ');
  return std::string("\x93NUMPY\x01\x00\x76\x00", 10) + dictionary + "\n" + data;
}

class MatrixFile : public testing::Test {
 protected:
  at::Tensor read_text(const std::string& content) {
    return read_matrix(folder_.write("m.txt", content));
  }
  std::string text_error(const std::string& content) {
    return reading_error(folder_.write("m.txt", content));
  }
  std::string npy_error(const std::string& content) {
    return reading_error(folder_.write("m.npy", content));
  }

  TemporaryFolder folder_;
};

const auto& expected_matrix() {
  static const auto matrix = at::tensor({1.0, 0.0, 0.0, 1.0, 1.0, 0.0}, at::kDouble).view({2, 3});
  return matrix;
}

TEST_F(MatrixFile, ReadsTextsWithBlanksOrCommas) {
  for (const char* content :
       {"1 0 0\n1 1 0\n", "1 0 0\n1 1 0", "1,0,0\n1,1,0\n", "1, 0, 0\r\n1 , 1 ,0\r\n",
        "# who sees whom\n\n1 0 0 # the first\n\t1\t1  0 \n\n# the end",
        "1.000000000000000000e+00 0.0e+00 0\n1.0 1 -0\n"})
    EXPECT_TRUE(read_text(content).equal(expected_matrix())) << content;
  EXPECT_TRUE(read_text("7").equal(at::full({1, 1}, 7, at::kDouble)));
  EXPECT_TRUE(read_text("-0.5,1e3").equal(at::tensor({-0.5, 1e3}, at::kDouble).view({1, 2})));
}

TEST_F(MatrixFile, ReadsEveryNumberTypeThatNumPyWrites) {
  const std::vector<std::pair<std::string, std::string>> files = {
      {"|b1", bytes_of<uint8_t>({1, 0, 0, 1, 1, 0})},
      {"|u1", bytes_of<uint8_t>({1, 0, 0, 1, 1, 0})},
      {"<i8", bytes_of<int64_t>({1, 0, 0, 1, 1, 0})},
      {"<f2", bytes_of<uint16_t>({0x3C00, 0, 0, 0x3C00, 0x3C00, 0})},
      {"<f4", bytes_of<float>({1, 0, 0, 1, 1, 0})},
      {"<f8", bytes_of<double>({1, 0, 0, 1, 1, 0})}};
  for (const auto& [dtype, data] : files) {
    const auto matrix = read_matrix(folder_.write("m.npy", npy(dtype, "(2, 3)", data)));
    EXPECT_EQ(matrix.dtype(), at::kDouble) << dtype;
    EXPECT_TRUE(matrix.equal(expected_matrix())) << dtype;
  }
}

TEST_F(MatrixFile, RecognisesNumPyFilesByTheirContent) {
  const auto path = folder_.write("matrix", npy("|u1", "(2, 1)", std::string("\x03\xFF", 2)));
  EXPECT_TRUE(read_matrix(path).equal(at::tensor({3.0, 255.0}, at::kDouble).view({2, 1})));
}

TEST_F(MatrixFile, NamesTheLineOfAWrongNumber) {
  EXPECT_THAT(text_error("# a\n1 0\n1 x1\n"), AllOf(HasSubstr("m.txt:3: "), HasSubstr("\"x1\"")));
  for (const char* line : {"nan", "1 NaN", "inf", "1,,0", ",1", "1;0", "1e999", "1x", "+1", "0x1",
                           "1.0.0", "true", "[1, 0]", "1 -", "--1", "1e", "1,\xC2\xA0"})
    EXPECT_THAT(
        text_error(std::string("1 0\n") + line),
        AllOf(HasSubstr("m.txt:2: "), HasSubstr("expected numbers separated by blanks or commas")))
        << line;
  EXPECT_THAT(text_error("1,0,\n"), AllOf(HasSubstr("m.txt:1: "), HasSubstr("last comma")));
}

TEST_F(MatrixFile, ShowsOnlyPrintableCharacters) {
  EXPECT_THAT(text_error(std::string("PK\x03\x04\0\x1B[2J", 9)), HasSubstr("\"PK????[2J\""));
  EXPECT_THAT(text_error(std::string(1000, 'z')), HasSubstr("\"" + std::string(24, 'z') + "\""));
}

TEST_F(MatrixFile, NamesTheLineOfARowOfAnotherLength) {
  EXPECT_THAT(text_error("\n1 0 1\n1 0\n"),
              AllOf(HasSubstr("m.txt:3: "), HasSubstr("3 numbers, as in line 2, got 2")));
  EXPECT_THAT(text_error("1 0\n1 0\n1 0 1\n"), HasSubstr("2 numbers, as in line 1, got 3"));
}

TEST_F(MatrixFile, RefusesFilesWithoutNumbers) {
  for (const char* content : {"", "\n\n", "# nothing\n", " \t\r\n"})
    EXPECT_THAT(text_error(content), HasSubstr("m.txt: expected rows of numbers")) << content;
  EXPECT_THAT(npy_error(npy("<f8", "(0, 3)", "")), HasSubstr("m.npy: expected rows of numbers"));
  EXPECT_THAT(reading_error(folder_ / "absent.txt"),
              AllOf(HasSubstr("absent.txt"), HasSubstr("No such file")));
  EXPECT_THAT(reading_error(folder_.path()), HasSubstr("Is a directory"));
}

TEST_F(MatrixFile, RefusesMoreRowsOrColumnsThanTheLimit) {
  std::string line;
  for (int64_t i = 0; i < max_matrix_size; ++i) line += "0 ";
  EXPECT_EQ(read_text(line).size(1), max_matrix_size);
  EXPECT_THAT(text_error("0\n" + line + "0"), AllOf(HasSubstr("m.txt:2: "), HasSubstr("16384")));
  std::replace(line.begin(), line.end(), ' ', '\n');
  EXPECT_EQ(read_text(line).size(0), max_matrix_size);
  EXPECT_THAT(text_error(line + "0"), AllOf(HasSubstr("m.txt:16385: "), HasSubstr("16384")));
  for (const char* shape : {"(16385, 1)", "(1, 16385)"})
    EXPECT_THAT(npy_error(npy("|u1", shape, std::string(16385, '\0'))),
                AllOf(HasSubstr("m.npy: "), HasSubstr("16384")))
        << shape;
}

// The file is sparse: it needs no space on the disk.
TEST_F(MatrixFile, RefusesFilesBeyondTheLimitBeforeItReadsThem) {
  const auto path = folder_.write("m.npy", "");
  std::filesystem::resize_file(path, uintmax_t{1} << 32);
  EXPECT_THAT(reading_error(path), AllOf(HasSubstr("m.npy: "), HasSubstr("4294967296")));
}

TEST_F(MatrixFile, RefusesHeadersWithMoreDataThanTheFile) {
  for (const char* shape :
       {"(16384, 16384)", "(1000000000, 1000000000)", "(9223372036854775807, 9223372036854775807)"})
    EXPECT_THAT(npy_error(npy("<f8", shape, std::string(48, '\0'))),
                AllOf(HasSubstr("m.npy: "), HasSubstr("does not fit 48 bytes")))
        << shape;
}

TEST_F(MatrixFile, RefusesNumPyFilesWithoutAMatrixOfNumbers) {
  const std::string data(8, '\0');
  EXPECT_THAT(npy_error(npy("|O", "(1, 1)", data)), HasSubstr("'|O'"));
  EXPECT_THAT(npy_error(npy("<U2", "(1, 1)", data)), HasSubstr("expected numbers, got"));
  EXPECT_THAT(npy_error(npy("<f8", "(1, 1)", data, "True")), HasSubstr("Fortran order"));
  for (const char* shape : {"()", "(1,)", "(1, 1, 1)"})
    EXPECT_THAT(npy_error(npy("<f8", shape, data)), HasSubstr("expected a matrix")) << shape;
  EXPECT_THAT(npy_error("1 0\n0 1\n"), HasSubstr("m.npy: expected a .npy file"));
  for (const double value :
       {std::numeric_limits<double>::quiet_NaN(), -std::numeric_limits<double>::infinity()})
    EXPECT_THAT(npy_error(npy("<f8", "(2, 2)", bytes_of<double>({1, 0, value, 1}))),
                AllOf(HasSubstr("m.npy: expected finite numbers"), HasSubstr("row 1, column 0")));
}

TEST_F(MatrixFile, ReadsWhatItWrote) {
  const auto path = folder_ / "matrix.npy";
  write_matrix(path, expected_matrix() == 1);  // of any type
  EXPECT_TRUE(read_matrix(path).equal(expected_matrix()));
  EXPECT_EQ(read_npy(read_file(path)).dtype, "|u1");
  const auto transposed = at::arange(256, at::kDouble).view({2, 128}).t();
  write_matrix(path, transposed);
  EXPECT_TRUE(read_matrix(path).equal(transposed));
}

TEST_F(MatrixFile, WritesOnlyMatricesOfBytes) {
  const auto path = folder_ / "matrix.npy";
  EXPECT_THROW(write_matrix(path, at::ones({3})), std::invalid_argument);
  for (const double value : {0.5, -1.0, 256.0, std::numeric_limits<double>::quiet_NaN()})
    EXPECT_THROW(write_matrix(path, at::full({1, 1}, value)), std::invalid_argument) << value;
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_THROW(write_matrix(folder_ / "absent" / "m.npy", at::ones({1, 1})), std::runtime_error);
}

}  // namespace
}  // namespace heed
