#include <stdexcept>

#include "models/attention/attention_mask.h"
#include "models/attention/attention_pattern.h"
#include "models/attention/patterns/pairs.h"

namespace heed {
namespace {

// The first row without a 1, or -1.
int64_t first_empty_row(const at::Tensor& allowed) {
  const auto empty = allowed.any(1).logical_not();  // [N]
  return empty.any().item<bool>() ? empty.to(at::kByte).argmax().item<int64_t>() : -1;
}

/// Query q sees key k if a matrix that the user drew has a 1 in row q, column k. A shorter sequence
/// uses its upper left corner; a row that may attend nowhere within it gives zeros.
class MatrixPattern : public AttentionPattern {
 public:
  void describe(OptionList& list) override {
    list.add("matrix", &file_, ".npy or text file of N rows (queries) and N columns (keys) of 0/1");
  }

  void check() const override {
    if (file_.empty())
      throw OptionError("matrix",
                        "expected the path of a .npy or text file of a 0/1 matrix, a row and a "
                        "column a position, got nothing");
  }

  std::string matrix_file() const override { return file_; }
  void set_matrix_file(const std::string& file) override { file_ = file; }

  void set_matrix(const at::Tensor& matrix, bool causal) override {
    const auto allowed = matrix_mask(matrix);
    const int64_t size = allowed.size(0);
    if (size == 0 || allowed.size(1) != size)
      throw std::invalid_argument(
          c10::str("expected a square matrix, a row and a column a position, got ", allowed.size(0),
                   " rows and ", allowed.size(1), " columns"));
    const auto row =
        first_empty_row(causal ? allowed.logical_and(causal_mask(size, size)) : allowed);
    if (row >= 0)
      throw std::invalid_argument(
          c10::str("row ", row, " (the first is 0) may attend nowhere: its columns 0 to ",
                   causal ? row : size - 1, " are all 0",
                   causal ? ", and later ones do not count in a causal model" : "",
                   "; set one of them to 1, such as the position itself, column ", row));
    allowed_ = allowed;
  }

  at::Tensor mask(int64_t queries, int64_t keys, bool) const override {
    if (!allowed_.defined()) throw std::logic_error("mask() of a matrix pattern before set_matrix");
    check_lengths(queries, keys);
    if (keys > allowed_.size(0))
      throw std::invalid_argument(
          c10::str("expected a sequence no longer than the attention matrix, which has ",
                   allowed_.size(0), " positions, got a sequence of ", keys));
    return allowed_.narrow(0, keys - queries, queries).narrow(1, 0, keys);  // [T, S]
  }

 private:
  std::string file_;
  at::Tensor allowed_;  // [N, N]
};

const Registration<AttentionPattern, MatrixPattern> matrix_registration{
    "matrix", "any pairs: a 0/1 matrix from a file"};

}  // namespace
}  // namespace heed
