#include "models/layers/bigram_embedding.h"

#include <ATen/core/grad_mode.h>

#include <gmock/gmock.h>
#include <torch/csrc/autograd/autograd.h>

#include "tests/models/closeness.h"
#include "tests/models/tiny_model.h"

namespace heed {
namespace {

constexpr int64_t vocabulary = 5, width = 4;

// With a gate and a table that are not zero.
BigramEmbedding make_embedding(const BigramEmbeddingOptions& options) {
  BigramEmbedding embedding(options, vocabulary, width);
  embedding->to(at::kDouble);
  const at::NoGradGuard no_grad;
  for (auto& parameter : embedding->parameters()) parameter.normal_();
  return embedding;
}

TEST(BigramEmbedding, TokenShiftAddsAGatedShareOfTheEmbeddingBefore) {
  at::manual_seed(1);
  auto embedding = make_embedding({.token_shift = true});
  const auto gate = embedding->parameters()[0];
  const auto embedded = random_input({2, 6, width});
  auto rows = embedded.unbind(1);
  const auto before = rows;
  for (size_t t = 1; t < rows.size(); ++t) rows[t] = rows[t] + before[t - 1] / (1 + (-gate).exp());
  const auto expected = at::stack(rows, 1), output = embedding->with_token_shift(embedded);
  EXPECT_TRUE(close(output, expected, output_tolerance));
  const auto ours = torch::autograd::grad({weighed_sum(output)}, {embedded, gate});
  const auto theirs = torch::autograd::grad({weighed_sum(expected)}, {embedded, gate});
  for (size_t i = 0; i < 2; ++i) EXPECT_TRUE(close(ours[i], theirs[i], gradient_tolerance));
}

TEST(BigramEmbedding, BigramAddsTheProjectedRowOfThePair) {
  at::manual_seed(2);
  auto embedding = make_embedding({.bigram = 3});
  const auto parameters = embedding->named_parameters();
  const auto table = parameters["pair_embedding.weight"];
  const auto projection = parameters["pair_projection.weight"];
  EXPECT_EQ(table.sizes(), (std::vector<int64_t>{25, 3}));
  const auto tokens = at::tensor({3, 1, 4}, at::kLong).unsqueeze(0);
  const auto embedded = random_input({1, 3, width});
  const auto first = at::mv(projection, table[3 * 5 + 1]);
  const auto second = at::mv(projection, table[1 * 5 + 4]);
  const auto added = at::stack({at::zeros_like(first), first, second}).unsqueeze(0);
  const auto output = embedding->with_pairs(embedded, tokens);
  EXPECT_TRUE(close(output, embedded + added, output_tolerance));
  const auto ours = torch::autograd::grad({weighed_sum(output)}, {table, projection, embedded});
  const auto theirs =
      torch::autograd::grad({weighed_sum(embedded + added)}, {table, projection, embedded});
  for (size_t i = 0; i < 3; ++i) EXPECT_TRUE(close(ours[i], theirs[i], gradient_tolerance));
}

TEST(BigramEmbedding, DisabledItHasNoParametersAndChangesNothing) {
  BigramEmbedding embedding(BigramEmbeddingOptions{}, vocabulary, width);
  EXPECT_TRUE(embedding->parameters().empty());
  const auto embedded = random_input({1, 3, width});
  EXPECT_TRUE(embedding->with_token_shift(embedded).is_same(embedded));
  EXPECT_TRUE(embedding->with_pairs(embedded, at::zeros({1, 3}, at::kLong)).is_same(embedded));
}

TEST(BigramEmbedding, TooManyPairsOrNoneAreRefused) {
  for (const int64_t tokens : {0, 101})
    EXPECT_THAT([&] { BigramEmbedding(BigramEmbeddingOptions{.bigram = 2}, tokens, width); },
                ::testing::ThrowsMessage<OptionError>(::testing::HasSubstr("10000 pairs")));
  EXPECT_NO_THROW(BigramEmbedding(BigramEmbeddingOptions{.bigram = 2}, 100, width));
}

TEST(BigramEmbedding, ATransformerWithItStepsLikeOnePassAndSeesNothingLater) {
  const std::vector<TinyOptions> choices = {{{"token_shift", true}},
                                            {{"bigram", int64_t{3}}},
                                            {{"token_shift", true},
                                             {"bigram", int64_t{3}},
                                             {"heads", int64_t{2}},
                                             {"position", std::string("rotary")}}};
  for (const auto& options : choices) {
    at::manual_seed(3);
    const auto model = tiny_model("transformer", options);
    const auto tokens = at::randint(tiny_vocabulary, {2, 9}, at::kLong);
    const auto whole = model->forward({.values = tokens});
    const auto state = model->initial_state(2);
    for (int64_t t = 0; t < 9; ++t)
      EXPECT_TRUE(close(model->step(tokens.select(1, t), *state), whole.select(1, t), 1e-12))
          << "position " << t;
    auto changed = tokens.clone();
    changed.select(1, 5) = (changed.select(1, 5) + 1) % tiny_vocabulary;
    const auto after = model->forward({.values = changed});
    EXPECT_TRUE(after.narrow(1, 0, 5).equal(whole.narrow(1, 0, 5)));
    EXPECT_FALSE(after.select(1, 6).equal(whole.select(1, 6)));
  }
}

TEST(BigramEmbedding, ASlidingWindowGivesWhatAPassOverItGives) {
  at::manual_seed(4);
  const auto model = tiny_model(
      "transformer",
      {{"token_shift", true}, {"bigram", int64_t{3}}, {"position", std::string("learned")}});
  const auto tokens = at::randint(tiny_vocabulary, {1, 15}, at::kLong);
  const auto state = model->initial_state(1);
  at::Tensor last;
  for (int64_t t = 0; t < 15; ++t) last = model->step(tokens.select(1, t), *state);
  const auto window = model->forward({.values = tokens.slice(1, 3)});  // 12 learned positions
  EXPECT_TRUE(close(last, window.select(1, -1), 1e-12));
}

}  // namespace
}  // namespace heed
