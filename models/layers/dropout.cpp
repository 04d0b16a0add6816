#include "models/layers/dropout.h"

#include <ATen/CPUGeneratorImpl.h>

#include <utility>

namespace heed {
namespace {

std::optional<at::Generator>& current() {
  thread_local std::optional<at::Generator> generator;
  return generator;
}

}  // namespace

at::Tensor dropout_mask(const at::Tensor& like, double p) {
  return at::empty_like(like).bernoulli_(1 - p, like.is_cpu() ? current() : std::nullopt);
}

at::Tensor with_dropout(const at::Tensor& input, double p, bool training) {
  if (!training || p <= 0) return input;
  return input * dropout_mask(input.detach(), p).div_(1 - p);
}

DropoutScope::DropoutScope(uint64_t seed)
    : before_(std::exchange(current(), at::detail::createCPUGenerator(seed))) {}

DropoutScope::~DropoutScope() { current() = before_; }

}  // namespace heed
