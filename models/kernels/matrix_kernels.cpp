#include "models/kernels/matrix.h"
#include "models/kernels/matrix_product.h"

namespace heed::HEED_ISA {
namespace {

void product_of(int64_t m, int64_t n, int64_t depth, const float* a, int64_t a_row,
                int64_t a_column, const float* b, int64_t b_row, float* c, int64_t c_row,
                bool add) {
  const Strided<float> from{a, a_row, a_column};
  if (add)
    product<Into::add>(m, n, depth, from, b, b_row, c, c_row);
  else
    product<Into::set>(m, n, depth, from, b, b_row, c, c_row);
}

}  // namespace

const MatrixKernels matrix_kernels = {.product = product_of};

}  // namespace heed::HEED_ISA
