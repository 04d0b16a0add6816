// Stands before LibTorch's header of this name, which torch/nn/module.h includes for two names, and
// which brings the headers of the JIT along: half of the time that a file with torch/nn takes to
// compile. What calls an archive's functions includes torch/serialize/input-archive.h and
// output-archive.h.
#pragma once

#include <torch/types.h>

namespace torch::serialize {

class InputArchive;
class OutputArchive;

}  // namespace torch::serialize
