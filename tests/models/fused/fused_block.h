#pragma once

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/nn/module.h>

#include <algorithm>
#include <vector>

#include "models/dispatch.h"
#include "models/fused/kernels/instruction_set.h"
#include "tests/models/closeness.h"

namespace heed {

/// A test for each instruction set, on two threads.
class FusedBlockTest : public testing::TestWithParam<InstructionSet> {
 protected:
  void SetUp() override {
    use_instruction_set(GetParam());
    at::set_num_threads(2);
    at::manual_seed(1);
  }
  void TearDown() override {
    use_instruction_set(instruction_sets().back());
    at::set_num_threads(1);
  }
};

/// A block of a layer as modules, in both ways that it is computed.
class BlockModules {
 public:
  virtual ~BlockModules() = default;
  virtual std::vector<torch::nn::Module*> modules() = 0;
  virtual at::Tensor one_by_one(const at::Tensor& input) = 0;
  virtual at::Tensor fused(const at::Tensor& input) = 0;

  std::vector<at::Tensor> parameters() {
    std::vector<at::Tensor> all;
    for (auto* module : modules())
      for (const auto& parameter : module->parameters()) all.push_back(parameter);
    return all;
  }

  void randomise(double deviation) {
    const at::NoGradGuard guard;
    for (auto& parameter : parameters()) parameter.normal_(0, deviation);
  }

  /// From now on in double precision, and with the other's numbers.
  void become_exact(BlockModules& other) {
    for (auto* module : modules()) module->to(at::kDouble);
    auto own = parameters();
    const auto values = other.parameters();
    for (size_t i = 0; i < own.size(); ++i) own[i].set_data(values[i].detach().to(at::kDouble));
  }
};

/// The output, then the gradients of the input and of all parameters.
inline std::vector<at::Tensor> block_results(BlockModules& block, const at::Tensor& input,
                                             const at::Tensor& output, const at::Tensor& outer) {
  auto leaves = block.parameters();
  leaves.insert(leaves.begin(), input);
  auto results = torch::autograd::grad({output}, leaves, {outer});
  results.insert(results.begin(), output.detach());
  return results;
}

/// Holds the fused way of `block` against the other of `exact`, which becomes exact, relative to
/// the greatest number of each result.
inline void expect_as_exact(BlockModules& block, BlockModules& exact, const at::Tensor& input,
                            const at::Tensor& outer, double tolerance) {
  exact.become_exact(block);
  const auto x = input.detach().to(at::kDouble).set_requires_grad(true);
  const auto expected = block_results(exact, x, exact.one_by_one(x), outer.to(at::kDouble));
  const auto output = block.fused(input);
  const auto results = block_results(block, input, output, outer);
  ASSERT_EQ(results.size(), expected.size());
  for (size_t i = 0; i < results.size(); ++i)
    EXPECT_TRUE(close(results[i], expected[i],
                      tolerance * std::max(10.0, expected[i].abs().max().item<double>())))
        << "result " << i;
  const at::NoGradGuard guard;
  EXPECT_TRUE(close(block.fused(input), output, 1e-5)) << "without gradients";
}

}  // namespace heed
