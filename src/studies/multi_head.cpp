#include <fmt/format.h>
#include <torch/nn/modules/activation.h>

#include <ATen/core/grad_mode.h>

#include "models/attention/multi_head_attention.h"
#include "src/console/console.h"
#include "src/studies/matrices.h"
#include "src/studies/study.h"

namespace heed {
namespace {

using nlohmann::ordered_json;

constexpr int64_t token_count = 5, model_width = 8, heads = 2;
constexpr int64_t head_size = model_width / heads;

/// One head at a time, each with its own rows of the weights.
AttentionResult by_loop(const MultiHeadAttentionImpl& module, const at::Tensor& x) {
  const auto weight = [&](int64_t which, int64_t head) {  // [K, D]
    return module.input_weight.narrow(0, which * model_width + head * head_size, head_size);
  };
  std::vector<at::Tensor> outputs, weights;
  for (int64_t head = 0; head < heads; ++head) {
    const auto one = heed::scaled_dot_product_attention(at::matmul(x, weight(0, head).t()),
                                                        at::matmul(x, weight(1, head).t()),
                                                        at::matmul(x, weight(2, head).t()));
    outputs.push_back(one.output);
    weights.push_back(one.weights);
  }
  return {at::matmul(at::cat(outputs, -1), module.output_weight.t()), at::stack(weights)};
}

at::Tensor by_libtorch(const MultiHeadAttentionImpl& module, const at::Tensor& x) {
  torch::nn::MultiheadAttention theirs(
      torch::nn::MultiheadAttentionOptions(model_width, heads).bias(false));
  theirs->to(at::kDouble);
  theirs->in_proj_weight.copy_(module.input_weight);
  theirs->out_proj->weight.copy_(module.output_weight);
  const auto rows = x.unsqueeze(1);  // [T, B, D]
  return std::get<0>(theirs->forward(rows, rows, rows)).squeeze(1);
}

class MultiHeadStudy : public Study {
 public:
  int place() const override { return 6; }

  std::string asked() const override {
    return "Multi-head attention over 5 tokens of width 8 with 2 heads: as a loop over heads, as "
           "one reshaped product, and against LibTorch's module. Are there as many parameters in 8 "
           "heads of 64 as in 1 of 512? What can several heads learn that one cannot? How does the "
           "concatenation use a head that looks near and one that looks far?";
  }

  void run(Report& report) const override {
    const at::NoGradGuard no_gradients;
    five_tokens(report);
    three_tokens(report);
    counts(report);
    near_and_far(report);
  }

 private:
  static void five_tokens(Report& report) {
    at::manual_seed(42);
    MultiHeadAttention module(
        MultiHeadAttentionOptions{.width = model_width, .heads = heads, .bias = false});
    module->to(at::kDouble);
    const auto x = at::randn({token_count, model_width}, at::kDouble), batch = x.unsqueeze(0);
    const auto product = module->forward(batch, batch, batch);
    const auto output = product.output[0], weights = product.weights[0];
    const auto loop = by_loop(*module, x);
    const double to_loop = std::max(largest_difference(loop.output, output),
                                    largest_difference(loop.weights, weights));
    const double to_libtorch = largest_difference(by_libtorch(*module, x), output);
    const auto names = numbered("x", token_count);

    report.heading("Five tokens, two heads");
    report.paragraph(
        "W_Q, W_K and W_V are 8 x 8. Head 1 owns their first four output columns, head 2 the "
        "last four; the outputs of the heads, 5 x 4 each, are concatenated and mixed by W_O.");
    report.matrix("A of head 1", weights[0], names);
    report.matrix("A of head 2", weights[1], names);
    report.matrix("output = [head 1, head 2] W_O, 5 x 8", output, names);
    report.paragraph(fmt::format(
        "A loop over the heads gives the same as one product that is then reshaped to [B, H, T, "
        "K], within {:.1e}; torch::nn::MultiheadAttention with the same weights within {:.1e}.",
        to_loop, to_libtorch));
    show_maps(report, "heads", "Each head has weights of its own.",
              {{"head 1", weights[0]}, {"head 2", weights[1]}}, names, names);
    report.record("weights", weights);
    report.record("output", output);
    report.record("max_difference_to_loop", to_loop);
    report.record("max_difference_to_libtorch", to_libtorch);
  }

  // Heads need not be D / H wide: here two heads of width 2 in a model of width 2.
  static void three_tokens(Report& report) {
    const auto x = make_matrix({{1, 0}, {0, 1}, {1, 1}});
    const auto query = at::matmul(x, make_matrix({{1, 0, 0, 1}, {0, 1, 1, 0}}));
    const auto key = at::matmul(x, make_matrix({{1, 0, 1, 0}, {0, 1, 0, 1}}));
    const auto value = at::matmul(x, make_matrix({{1, 2, 0, 1}, {0, 1, 2, 1}}));
    std::vector<at::Tensor> outputs, weights;
    for (const int64_t first : {0, 2}) {
      const auto columns = [first](const at::Tensor& all) { return all.narrow(1, first, 2); };
      const auto head =
          heed::scaled_dot_product_attention(columns(query), columns(key), columns(value));
      outputs.push_back(head.output);
      weights.push_back(head.weights);
    }
    const auto combined = at::cat(outputs, 1);
    const auto output = at::matmul(combined, make_matrix({{.5, 0}, {0, .5}, {.5, 0}, {0, .5}}));
    const auto names = numbered("x", 3);
    report.heading("Three tokens, by hand");
    report.paragraph(
        "X = [[1,0],[0,1],[1,1]], W_Q = [[1,0,0,1],[0,1,1,0]], W_K = [[1,0,1,0],[0,1,0,1]], W_V = "
        "[[1,2,0,1],[0,1,2,1]], W_O = [[.5,0],[0,.5],[.5,0],[0,.5]]: head 1 asks for tokens like "
        "itself, head 2, whose queries are swapped, for the other one.");
    report.matrix("A of head 1", weights[0], names);
    report.matrix("A of head 2", weights[1], names);
    report.matrix("[head 1, head 2], 3 x 4", combined, names);
    report.matrix("output = [head 1, head 2] W_O, 3 x 2", output, names);
    report.record("three_tokens", ordered_json{{"weights", json_rows(at::stack(weights))},
                                               {"joined", json_rows(combined)},
                                               {"output", json_rows(output)}});
  }

  static int64_t count_parameters(int64_t head_count) {
    MultiHeadAttention module(
        MultiHeadAttentionOptions{.width = 512, .heads = head_count, .bias = false});
    int64_t count = 0;
    for (const auto& parameter : module->parameters()) count += parameter.numel();
    return count;
  }

  static void counts(Report& report) {
    constexpr int64_t length = 64, size = 512;
    const int64_t eight = count_parameters(8), one = count_parameters(1);
    const int64_t pairs = 2 * length * length * size;  // scores and sums, over all heads
    ConsoleTable table({{"attention of width 512 over 64 tokens"},
                        {"parameters", Align::right},
                        {"multiply-adds", Align::right}});
    auto kept = nlohmann::ordered_json::object();
    const auto add = [&](const std::string& key, const std::string& name, int64_t count) {
      // Each weight is multiplied with each token once.
      const int64_t products = count * length + pairs;
      table.add_row({name, with_thousands(count), with_thousands(products)});
      kept[key] = {{"parameters", count}, {"multiply_adds", products}};
    };
    add("heads_8", "8 heads of 64", eight);
    add("heads_1", "1 head of 512", one);
    add("no_projections", "without projections", 0);
    report.heading("What it costs");
    report.table(table);
    report.record("counts", kept);
    report.answer(
        "Is the count the same for 8 heads of 64 and 1 head of 512?",
        fmt::format("{}: {} and {}. The four matrices are 512 x 512 either way, and the "
                    "scores of 8 heads of 64 cost what one head's of 512 do. What "
                    "grows is the number of maps, 8 of 64 x 64 for one.",
                    eight == one ? "Yes" : "No", with_thousands(eight), with_thousands(one)));
  }

  // Three earlier tokens, whose values are numbers; one directly before, one far back.
  static void near_and_far(Report& report) {
    const auto values = make_matrix({{1}, {0}, {0}}), swapped = make_matrix({{0}, {0}, {1}});
    const auto far = make_matrix({{1, 0, 0}}), near = make_matrix({{0, 0, 1}});
    const auto read = [](const at::Tensor& weights, const at::Tensor& from) {
      return at::matmul(weights, from).item<double>();
    };
    const auto both = (far + near) / 2;
    const double one_a = read(both, values), one_b = read(both, swapped);
    const double far_a = read(far, values), near_a = read(near, values);
    const double far_b = read(far, swapped), near_b = read(near, swapped);
    report.record("near_and_far", ordered_json{{"one_head", {one_a, one_b}},
                                               {"two_heads", {{far_a, near_a}, {far_b, near_b}}}});
    report.answer(
        "What can several heads learn that one cannot?",
        fmt::format("To look at two places and keep them apart. A head has one row of weights per "
                    "query and returns one mixture: of the values 1, 0, 0 and of 0, 0, 1, half "
                    "its weight on the first and half on the last, it reads {:g} and {:g}, the "
                    "same. Two heads read ({:g}, {:g}) and ({:g}, {:g}).",
                    one_a, one_b, far_a, near_a, far_b, near_b));
    report.answer("How does the concatenation use a near-looking and a far-looking head?",
                  "The result of each head has its own columns, so W_O can add them, subtract them "
                  "or pass on "
                  "both. If they were averaged first, W_O could not tell them apart.");
  }
};

const Registration<Study, MultiHeadStudy> multi_head_registration{
    "multi-head", "several heads: loop, reshaped product, LibTorch's module, and what they cost"};

}  // namespace
}  // namespace heed
