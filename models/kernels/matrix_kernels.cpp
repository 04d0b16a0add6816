#include "models/kernels/matrix.h"

#include "models/kernels/packed_product.h"

namespace heed::HEED_ISA {

const MatrixKernels matrix_kernels = packed_product_kernels<float>();

}  // namespace heed::HEED_ISA
