#include <gmock/gmock.h>

#include <limits>

#include "models/attention/attention.h"
#include "tests/models/attention/patterns/pattern_of.h"

namespace heed {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

std::shared_ptr<AttentionPattern> matrix_pattern(const at::Tensor& matrix, bool causal) {
  auto pattern = pattern_of("matrix");
  pattern->set_matrix(matrix, causal);
  return pattern;
}

auto setting(const at::Tensor& matrix, bool causal) {
  return [=] { matrix_pattern(matrix, causal); };
}

at::Tensor random_matrix(int64_t size) {
  at::manual_seed(11);
  return (at::rand({size, size}) > 0.6).logical_or(at::eye(size) == 1).to(at::kDouble);
}

TEST(MatrixPattern, NamesTheMissingFile) {
  const auto pattern = pattern_of("matrix");
  OptionList list;
  pattern->describe(list);
  try {
    pattern->check();
    FAIL() << "no path was refused";
  } catch (const OptionError& error) {
    EXPECT_EQ(error.option(), "matrix");
    EXPECT_THAT(error.what(), HasSubstr("path"));
  }
  *std::get<std::string*>(list.find("matrix")->target) = "heads.npy";
  EXPECT_NO_THROW(pattern->check());
  EXPECT_EQ(pattern->matrix_file(), "heads.npy");
}

TEST(MatrixPattern, IsTheMatrixAndItsUpperLeftCornerForShorterSequences) {
  const auto matrix = random_matrix(9);
  for (const bool causal : {false, true}) {
    const auto pattern = matrix_pattern(matrix, causal);
    for (int64_t keys = 1; keys <= 9; ++keys)
      for (int64_t queries = 0; queries <= keys; ++queries)
        EXPECT_TRUE(pattern->mask(queries, keys, causal)
                        .equal(matrix.slice(0, keys - queries, keys).slice(1, 0, keys) == 1))
            << queries << ", " << keys;
  }
}

TEST(MatrixPattern, EqualsDenseAttentionWithMinusInfinityExactly) {
  const auto matrix = random_matrix(17);
  const auto x = at::randn({2, 17, 4});
  const auto mask = matrix_pattern(matrix, false)->mask(17, 17, false);
  const auto additive =
      at::zeros({17, 17}).masked_fill(matrix == 0, -std::numeric_limits<double>::infinity());
  const auto by_mask = scaled_dot_product_attention(x, x, x, mask);
  const auto dense = scaled_dot_product_attention(x, x, x, additive);
  EXPECT_TRUE(by_mask.output.equal(dense.output));
  EXPECT_TRUE(by_mask.weights.equal(dense.weights));
  EXPECT_FALSE(by_mask.weights.ne(0).logical_and(matrix == 0).any().item<bool>());
}

TEST(MatrixPattern, ASequenceBeyondTheMatrixIsRefused) {
  const auto pattern = matrix_pattern(at::eye(4), false);
  EXPECT_THAT([&] { pattern->mask(1, 5, false); },
              ThrowsMessage<std::invalid_argument>(
                  AllOf(HasSubstr("has 4 positions"), HasSubstr("sequence of 5"))));
  EXPECT_THROW(pattern->mask(3, 2, false), std::invalid_argument);
  EXPECT_THROW(pattern_of("matrix")->mask(1, 1, false), std::logic_error);
}

TEST(MatrixPattern, ARowThatMayAttendNowhereIsNamed) {
  auto matrix = at::ones({4, 4});
  matrix[2].fill_(0);
  matrix[3].fill_(0);
  EXPECT_THAT(setting(matrix, false),
              ThrowsMessage<std::invalid_argument>(
                  AllOf(HasSubstr("row 2 "), HasSubstr("columns 0 to 3 "), HasSubstr("column 2"))));
}

TEST(MatrixPattern, ACausalModelRefusesARowThatSeesOnlyLaterPositions) {
  auto matrix = at::ones({4, 4});
  matrix[1][0] = 0;
  matrix[1][1] = 0;
  EXPECT_NO_THROW(matrix_pattern(matrix, false));
  EXPECT_THAT(setting(matrix, true),
              ThrowsMessage<std::invalid_argument>(
                  AllOf(HasSubstr("row 1 "), HasSubstr("columns 0 to 1 "), HasSubstr("causal"))));
}

TEST(MatrixPattern, OnlySquareMatricesOfZerosAndOnesAreAccepted) {
  EXPECT_THAT(setting(at::ones({2, 3}), false),
              ThrowsMessage<std::invalid_argument>(HasSubstr("2 rows and 3 columns")));
  EXPECT_THAT(setting(at::ones({0, 0}), false),
              ThrowsMessage<std::invalid_argument>(HasSubstr("0 rows")));
  EXPECT_THROW(matrix_pattern(at::ones({4}), false), std::invalid_argument);
  auto matrix = at::ones({3, 3});
  for (const double value : {0.5, -1.0, 2.0, std::numeric_limits<double>::quiet_NaN()}) {
    matrix[1][2] = value;
    EXPECT_THAT(setting(matrix, false),
                ThrowsMessage<std::invalid_argument>(HasSubstr("row 1, column 2")))
        << value;
  }
}

}  // namespace
}  // namespace heed
