#include "src/compare/result.h"

#include <gmock/gmock.h>

#include <cmath>

#include "tests/train/files/temporary_folder.h"
#include "train/files/file.h"

namespace heed {
namespace {

TEST(RunResult, ComesBackFromItsFileAsItWas) {
  RunResult result;
  result.name = "lstm,seed=1";
  result.grid_point = {{"model", "lstm"}, {"train.lr", "0.01"}};
  result.attends = true;
  result.unit = LossUnit::squared_error;
  result.main_measure = "accuracy";
  result.bound = 1.0 / 3;
  result.baselines = {{.measure = "loss", .formula = "1 / 6", .value = 1.0 / 6},
                      {.measure = "x", .formula = "?"}};
  result.curve = {{.step = 5, .tokens = 7, .seconds = 0.1, .loss = 0.2, .measure = 0.3},
                  {.step = 6, .tokens = 8, .seconds = 0.2, .loss = std::nan("")}};
  result.test.rows = 3;
  result.test.loss = 0.1 + 0.2;
  result.test.exact_loss = 0.25;
  result.test.scores.count("accuracy", "length", "1-10", 3, 4);
  result.extrapolation = result.test;
  result.after = {.distances = {0, 1},
                  .input = {1, 1e-20},
                  .input_scale = 3,
                  .state = {1, 0.5},
                  .state_scale = 2};
  const TemporaryFolder folder;
  write_result(folder / "result.json", result);
  const auto back = read_result(folder / "result.json");
  EXPECT_EQ(back.grid_point, result.grid_point);
  EXPECT_EQ(back.unit, LossUnit::squared_error);
  EXPECT_EQ(back.bound, result.bound);
  EXPECT_EQ(back.baselines.at(0).value, 1.0 / 6);
  EXPECT_FALSE(back.baselines.at(1).value.has_value());
  EXPECT_EQ(back.curve.at(0).measure, 0.3);
  EXPECT_TRUE(std::isnan(back.curve.at(1).loss));
  EXPECT_EQ(back.test.loss, 0.1 + 0.2);
  EXPECT_EQ(back.test.find("accuracy", "length", "1-10")->correct, 3);
  EXPECT_EQ(back.extrapolation->exact_loss, 0.25);
  EXPECT_EQ(back.after.input.at(1), 1e-20);
  EXPECT_EQ(back.after.state_scale, 2);
  EXPECT_TRUE(back.at_start.distances.empty());
}

TEST(RunResult, AFileThatIsNoneIsNamed) {
  const TemporaryFolder folder;
  write_file(folder / "result.json", "{\"name\": 3}");
  EXPECT_THAT([&] { read_result(folder / "result.json"); },
              ::testing::ThrowsMessage<std::runtime_error>(
                  ::testing::HasSubstr("expected the result of a run")));
}

}  // namespace
}  // namespace heed
