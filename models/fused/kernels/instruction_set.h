#pragma once

#include <string>
#include <vector>

namespace heed {

/// What a kernel is compiled for. `generic` is whatever every CPU of the platform has.
enum class InstructionSet { generic, avx2, avx512 };

/// The best one that this CPU has; or, where the environment variable HEED_INSTRUCTIONS names one
/// (generic, avx2, avx512), that one, if the CPU has it.
InstructionSet instruction_set();

/// Chooses one for the rest of the process, or until the next call: for tests and benchmarks.
/// Throws std::invalid_argument where the CPU lacks it.
void use_instruction_set(InstructionSet set);

/// Those that this CPU has, the most general first.
std::vector<InstructionSet> instruction_sets();

std::string to_string(InstructionSet set);

}  // namespace heed

/// A family of kernels is a struct of function pointers, filled in a file *_kernels.cpp that is
/// compiled once an instruction set. Declares `const Family& function()`, which picks the one to
/// call; inside namespace heed.
#if defined(__x86_64__)
#define HEED_KERNEL_FAMILY(Family, function) \
  namespace generic {                        \
  extern const Family function;              \
  }                                          \
  namespace avx2 {                           \
  extern const Family function;              \
  }                                          \
  namespace avx512 {                         \
  extern const Family function;              \
  }                                          \
  inline const Family& function() {          \
    switch (instruction_set()) {             \
      case InstructionSet::avx512:           \
        return avx512::function;             \
      case InstructionSet::avx2:             \
        return avx2::function;               \
      case InstructionSet::generic:          \
        break;                               \
    }                                        \
    return generic::function;                \
  }
#else
#define HEED_KERNEL_FAMILY(Family, function) \
  namespace generic {                        \
  extern const Family function;              \
  }                                          \
  inline const Family& function() { return generic::function; }
#endif
