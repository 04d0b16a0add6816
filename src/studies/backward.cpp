#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <torch/csrc/autograd/autograd.h>

#include "models/attention/manual_backward.h"
#include "src/studies/matrices.h"
#include "src/studies/study.h"

namespace heed {
namespace {

using Matrices = std::vector<at::Tensor>;  // of Q, K and V

constexpr double step = 1e-6;

// A number to which every element of the output contributes with a different factor.
at::Tensor compute_loss(const at::Tensor& output, const at::Tensor& outer) {
  return (output * outer).sum();
}

Matrices differentiate(const AttentionResult& result, const Matrices& leaves,
                        const at::Tensor& outer) {
  return torch::autograd::grad({compute_loss(result.output, outer)},
                               {leaves[0], leaves[1], leaves[2]});
}

// (loss(x + step) - loss(x - step)) / (2 step), one number at a time.
Matrices slopes(const Matrices& leaves, const at::Tensor& outer) {
  const at::NoGradGuard no_gradients;
  const auto loss = [&] {
    return compute_loss(heed::scaled_dot_product_attention(leaves[0], leaves[1], leaves[2]).output,
                        outer)
        .item<double>();
  };
  Matrices result;
  for (const auto& leaf : leaves) {
    auto slope = at::zeros_like(leaf);
    const auto numbers = leaf.view(-1);
    for (int64_t i = 0; i < numbers.numel(); ++i) {
      const double kept = numbers[i].item<double>();
      numbers[i].fill_(kept + step);
      const double above = loss();
      numbers[i].fill_(kept - step);
      const double below = loss();
      numbers[i].fill_(kept);
      slope.view(-1)[i].fill_((above - below) / (2 * step));
    }
    result.push_back(slope);
  }
  return result;
}

double largest(const Matrices& a, const Matrices& b) {
  double most = 0;
  for (size_t i = 0; i < a.size(); ++i) most = std::max(most, largest_difference(a[i], b[i]));
  return most;
}

class BackwardStudy : public Study {
 public:
  int place() const override { return 10; }

  std::string asked() const override {
    return "Derive attention's gradients for Q, K and V by hand, and compare them with automatic "
           "differentiation and with finite differences, in float64.";
  }

  void run(Report& report) const override {
    at::manual_seed(1);
    const auto leaf = [](at::IntArrayRef sizes) {
      return at::randn(sizes, at::kDouble).set_requires_grad(true);
    };
    const Matrices leaves = {leaf({3, 4}), leaf({5, 4}), leaf({5, 2})};
    const auto outer = at::randn({3, 2}, at::kDouble);
    const auto by_hand = differentiate(
        attend_manually({.query = leaves[0], .key = leaves[1], .value = leaves[2]}), leaves, outer);
    const auto by_autograd = differentiate(
        heed::scaled_dot_product_attention(leaves[0], leaves[1], leaves[2]), leaves, outer);
    const double to_autograd = largest(by_hand, by_autograd);
    const double to_slopes = largest(by_hand, slopes(leaves, outer));

    report.paragraph(
        "O = P V with P = softmax(S) by rows and S = Q K^T / sqrt(K). Let dO be the gradient of "
        "the loss by the output.");
    report.paragraph(
        "1. O is linear in V and in P: dV = P^T dO, dP = dO V^T.\n"
        "2. Softmax: dP_ij / dS_ik = P_ij (1 if j = k else 0) - P_ij P_ik, hence dS_ik = P_ik "
        "(dP_ik - r_i) with r_i = sum over j of P_ij dP_ij.\n"
        "3. r_i is dO_i . O_i, since sum over j of P_ij (dO_i . V_j) = dO_i . O_i: one number per "
        "query, for which P need not be kept.\n"
        "4. S is linear in Q and in K: dQ = dS K / sqrt(K), dK = dS^T Q / sqrt(K).");
    const std::vector<std::string> names = {"dQ", "dK", "dV"};
    for (size_t i = 0; i < names.size(); ++i) {
      report.matrix(names[i], by_hand[i]);
      report.record(names[i], by_hand[i]);
    }
    report.paragraph(fmt::format(
        "By hand (the formulas are in models/attention/manual_backward.cpp) and by autograd "
        "they differ by at most {:.1e}; from finite differences, whose own error is about the "
        "square of the "
        "step of {:.0e} and the rounding divided by it, by at most {:.1e}.",
        to_autograd, step, to_slopes));
    report.record("max_difference_to_autograd", to_autograd);
    report.record("max_difference_to_finite_differences", to_slopes);
  }
};

const Registration<Study, BackwardStudy> backward_registration{
    "backward", "attention's gradients by hand, by autograd and by finite differences"};

}  // namespace
}  // namespace heed
