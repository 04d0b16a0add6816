#include "train/metrics_log.h"

#include <gmock/gmock.h>

#include <fstream>

#include "tests/train/files/temporary_folder.h"
#include "train/files/file.h"

namespace heed {
namespace {

MetricsRow row(int64_t step) {
  Evaluation validation{.loss = 1.0 / 3};
  validation.count("agreement", "", "", true);
  validation.count("agreement", "distance", "1", true);
  return {.step = step,
          .tokens = 10 * step,
          .learning_rate = 0.1,
          .train_loss = 2.5,
          .validation = validation};
}

TEST(MetricsLog, IsAHeaderAndARowAnEvaluationWithAllDigits) {
  const TemporaryFolder folder;
  const MetricsLog log(folder / "metrics.csv");
  log.start();
  log.append(row(1));
  log.append(row(2));
  EXPECT_EQ(read_file(folder / "metrics.csv"),
            "step,tokens,train_seconds,lr,train_loss,val_loss,val_loss_error,agreement\n"
            "1,10,0.000,0.1,2.5,0.3333333333333333,0,1\n"
            "2,20,0.000,0.1,2.5,0.3333333333333333,0,1\n");
}

TEST(MetricsLog, RewindingDropsLaterRowsAndARowThatWasCutShort) {
  const TemporaryFolder folder;
  const MetricsLog log(folder / "metrics.csv");
  log.start();
  for (const int64_t step : {5, 10, 15}) log.append(row(step));
  std::ofstream(folder / "metrics.csv", std::ios::app) << "1";
  log.rewind(10);
  const auto kept = read_file(folder / "metrics.csv");
  EXPECT_THAT(kept, ::testing::StartsWith("step,"));
  EXPECT_EQ(std::count(kept.begin(), kept.end(), '\n'), 3);
  log.append(row(11));
  EXPECT_THAT(read_file(folder / "metrics.csv"),
              ::testing::HasSubstr("\n10,100,0.000,0.1,2.5,0.3333333333333333,0,1\n11,"));
}

TEST(MetricsLog, AFileThatCannotBeWrittenIsAnError) {
  const TemporaryFolder folder;
  EXPECT_THAT([&] { MetricsLog(folder / "none" / "metrics.csv").append(row(1)); },
              ::testing::ThrowsMessage<std::runtime_error>(
                  ::testing::HasSubstr("none/metrics.csv: No such file or directory")));
}

}  // namespace
}  // namespace heed
