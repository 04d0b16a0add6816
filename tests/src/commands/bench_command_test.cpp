// heed bench --quick: that it measures and prints all figures, not how fast it is.

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "src/bench/benchmark.h"
#include "src/commands/command.h"
#include "tests/src/commands/program.h"

namespace heed {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

json bench(const std::string& name) {
  const auto result = heed({"bench", name, "--quick", "--json"});
  EXPECT_EQ(result.status, status_done) << result.err;
  return json::parse(result.out);
}

void expect_keys(const json& object, const std::vector<std::string>& keys) {
  for (const auto& key : keys) EXPECT_TRUE(object.contains(key)) << key << " in " << object;
}

void expect_spread(const json& spread) {
  expect_keys(spread, {"min", "median", "max"});
  EXPECT_GT(spread["min"], 0);
  EXPECT_LE(spread["min"], spread["median"]);
  EXPECT_LE(spread["median"], spread["max"]);
}

TEST(Spread, IsMinimumMedianAndMaximum) {
  EXPECT_EQ(spread({3, 1, 2}).dump(), R"({"min":1.0,"median":2.0,"max":3.0})");
  EXPECT_EQ(spread({4, 1, 2, 3})["median"], 2.5);
  EXPECT_EQ(milliseconds({0.5})["max"], 500.0);
}

TEST(BenchCommand, JsonDescribesTheMachine) {
  const auto all = bench("recording");
  expect_keys(all, {"version", "libtorch", "cpu", "threads", "quick", "machine", "recording"});
  expect_keys(all["machine"], {"cpu", "cores", "system", "instructions", "libtorch_instructions",
                               "heed", "libtorch", "threads"});
  EXPECT_EQ(all["quick"], true);
  EXPECT_GE(all["machine"]["cores"], 1);
}

TEST(BenchCommand, StepsMeasureTheStepAndTheShareOfItsProducts) {
  const auto figures = bench("steps")["steps"];
  ASSERT_FALSE(figures["cases"].empty());
  for (const auto& one : figures["cases"]) {
    expect_keys(one, {"model", "precision", "threads", "tokens_a_step", "tokens_per_second"});
    expect_spread(one["step_ms"]);
    EXPECT_GT(one["peak_gflops"], 0);
    // 794,752 numbers in matrices that all 768 tokens meet, and half of 64 x 64 pairs of positions.
    EXPECT_NEAR(one["product_gflop"], 3.8156, 0.0001);
    EXPECT_GT(one["product_share"], 0);
  }
}

TEST(BenchCommand, GenerationMeasuresBothSpeeds) {
  const auto figures = bench("generation")["generation"];
  ASSERT_FALSE(figures["cases"].empty());
  for (const auto& one : figures["cases"]) {
    expect_keys(one, {"context", "threads"});
    expect_spread(one["fill"]["tokens_per_second"]);
    expect_spread(one["slide"]["tokens_per_second"]);
    EXPECT_EQ(one["fill"]["tokens"], one["context"].get<int>() - 1);
  }
}

TEST(BenchCommand, OptimizerMeasuresBothAlternatives) {
  const auto figures = bench("optimizer")["optimizer"];
  ASSERT_EQ(figures["sizes"].size(), 1);
  const auto& one = figures["sizes"][0];
  EXPECT_EQ(one["parameters"], 804096);
  EXPECT_GT(one["tensors"], 10);
  EXPECT_GT(one["times_faster"], 0);
  expect_spread(one["heed_ms"]);
  expect_spread(one["torch_ms"]);
}

TEST(BenchCommand, RecurrentMeasuresBothLayersForEachCell) {
  const auto cases = bench("recurrent")["recurrent"]["cases"];
  ASSERT_GE(cases.size(), 3);
  for (const auto& one : cases) {
    expect_keys(one, {"cell", "batch", "length", "input_width", "width", "threads"});
    for (const auto& figures : {one, one["with_input_gradient"]}) {
      expect_spread(figures["heed_ms"]);
      expect_spread(figures["libtorch_ms"]);
      EXPECT_GT(figures["times_as_fast"], 0);
    }
  }
}

TEST(BenchCommand, TheTableDescribesTheMachine) {
  const auto result = heed({"bench", "sliding-window", "--quick"});
  EXPECT_EQ(result.status, status_done) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr(" cores, "), HasSubstr("LibTorch "), HasSubstr("dense")));
}

TEST(BenchCommand, HelpListsTheBenchmarks) {
  EXPECT_THAT(heed({"bench", "--help"}).out,
              AllOf(HasSubstr("optimizer"), HasSubstr("steps"), HasSubstr("--quick")));
}

}  // namespace
}  // namespace heed
