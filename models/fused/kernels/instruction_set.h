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

/// Those that this CPU has and this build has kernels for, the most general first.
std::vector<InstructionSet> instruction_sets();

std::string to_string(InstructionSet set);

}  // namespace heed

// What is compiled besides the generic kernels: kernels.cmake says so.
#if defined(HEED_HAS_AVX2)
#define HEED_DECLARE_AVX2(Family, function) \
  namespace avx2 {                          \
  extern const Family function;             \
  }
#define HEED_CHOOSE_AVX2(function) \
  if (instruction_set() == InstructionSet::avx2) return avx2::function;
#else
#define HEED_DECLARE_AVX2(Family, function)
#define HEED_CHOOSE_AVX2(function)
#endif
#if defined(HEED_HAS_AVX512)
#define HEED_DECLARE_AVX512(Family, function) \
  namespace avx512 {                          \
  extern const Family function;               \
  }
#define HEED_CHOOSE_AVX512(function) \
  if (instruction_set() == InstructionSet::avx512) return avx512::function;
#else
#define HEED_DECLARE_AVX512(Family, function)
#define HEED_CHOOSE_AVX512(function)
#endif

/// A family of kernels is a struct of function pointers, filled in a file *_kernels.cpp that is
/// compiled once per instruction set. Declares `const Family& function()`, which picks the one to
/// call; inside namespace heed.
#define HEED_KERNEL_FAMILY(Family, function) \
  namespace generic {                        \
  extern const Family function;              \
  }                                          \
  HEED_DECLARE_AVX2(Family, function)        \
  HEED_DECLARE_AVX512(Family, function)      \
  inline const Family& function() {          \
    HEED_CHOOSE_AVX512(function)             \
    HEED_CHOOSE_AVX2(function)               \
    return generic::function;                \
  }
