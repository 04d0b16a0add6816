#include "models/fused/kernels/instruction_set.h"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

#include "models/fused/kernels/linear.h"

namespace heed {
namespace {

InstructionSet named_by_environment(InstructionSet best) {
  const char* name = std::getenv("HEED_INSTRUCTIONS");
  if (!name) return best;
  for (const auto set : instruction_sets())
    if (to_string(set) == name) return set;
  return best;
}

InstructionSet& current() {
  static InstructionSet set = named_by_environment(instruction_sets().back());
  return set;
}

}  // namespace

std::vector<InstructionSet> instruction_sets() {
  std::vector<InstructionSet> sets = {InstructionSet::generic};
#if defined(HEED_HAS_AVX2)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    sets.push_back(InstructionSet::avx2);
#endif
#if defined(HEED_HAS_AVX512)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw"))
    sets.push_back(InstructionSet::avx512);
#endif
  return sets;
}

InstructionSet instruction_set() { return current(); }

void use_instruction_set(InstructionSet set) {
  const auto sets = instruction_sets();
  if (std::find(sets.begin(), sets.end(), set) == sets.end())
    throw std::invalid_argument("this CPU has no " + to_string(set));
  current() = set;
}

std::string to_string(InstructionSet set) {
  switch (set) {
    case InstructionSet::avx2:
      return "avx2";
    case InstructionSet::avx512:
      return "avx512";
    case InstructionSet::generic:
      break;
  }
  return "generic";
}

const LinearBf16Kernels* linear_bf16_kernels() {
#if defined(__x86_64__)
  if (instruction_set() == InstructionSet::avx512 && __builtin_cpu_supports("avx512bf16"))
    return compiled_linear_bf16_kernels;
#endif
  return nullptr;
}

}  // namespace heed
