#include "models/fused/kernels/matrix.h"

#include "models/fused/kernels/packed_product.h"

namespace heed::HEED_ISA {

const MatrixKernels matrix_kernels = packed_product_kernels<float>();

}  // namespace heed::HEED_ISA
