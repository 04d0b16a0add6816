#include "src/analysis/training_analysis.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "src/analysis/figures.h"
#include "src/figures/gnuplot.h"
#include "src/files/csv_file.h"
#include "tests/models/closeness.h"
#include "tests/src/analysis/small_run.h"
#include "tests/train/files/temporary_folder.h"
#include "train/files/file.h"
#include "train/files/safetensors.h"

namespace heed {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> steps_of(const CsvFile& file) {
  std::vector<std::string> steps;
  for (const auto& row : file.rows)
    if (steps.empty() || steps.back() != file.cell(row, "step"))
      steps.push_back(file.cell(row, "step"));
  return steps;
}

AnalysisOptions every_ten() {
  AnalysisOptions options;
  options.every = 10;
  options.sentences = 8;
  return options;
}

TEST(TrainingAnalysis, MeasuresBeforeTheFirstStepAndAtEachInterval) {
  const SmallRun run;
  const TemporaryFolder folder;
  TrainingAnalysis analysis(*run.model, *run.task, every_ten(), folder / "training");
  analysis.start(0);
  for (int64_t step = 1; step <= 25; ++step) analysis.on_step(step);
  const auto file = read_csv(folder / "training/heads_by_step.csv");
  EXPECT_THAT(steps_of(file), ElementsAre("0", "10", "20"));
  ASSERT_EQ(file.rows.size(), 12U);  // 4 heads
  const double previous = parse_number(file.cell(file.rows[0], "previous"));
  EXPECT_TRUE(previous > 0 && previous < 1);
  EXPECT_FALSE(std::isnan(parse_number(file.cell(file.rows[0], "hit_value"))));
  EXPECT_THAT(steps_with_maps(folder / "training"), ElementsAre(0, 10, 20));
  const auto maps = read_safetensors(maps_file(folder / "training", 20)).tensors.at("self");
  EXPECT_EQ(maps.sizes(), (std::vector<int64_t>{2, 2, 16, 16}));
  EXPECT_TRUE(close(maps.to(at::kDouble).sum(-1), at::ones({2, 2, 16}), 5e-3));
}

TEST(TrainingAnalysis, ContinuesAfterAResumedStepAndDropsLaterOnes) {
  const SmallRun run;
  const TemporaryFolder folder;
  {
    TrainingAnalysis analysis(*run.model, *run.task, every_ten(), folder / "training");
    analysis.start(0);
    for (int64_t step = 1; step <= 30; ++step) analysis.on_step(step);
  }
  TrainingAnalysis resumed(*run.model, *run.task, every_ten(), folder / "training");
  resumed.start(15);
  EXPECT_THAT(steps_of(read_csv(folder / "training/heads_by_step.csv")), ElementsAre("0", "10"));
  EXPECT_THAT(steps_with_maps(folder / "training"), ElementsAre(0, 10));
  for (int64_t step = 16; step <= 20; ++step) resumed.on_step(step);
  EXPECT_THAT(steps_of(read_csv(folder / "training/heads_by_step.csv")),
              ElementsAre("0", "10", "20"));
}

TEST(TrainingAnalysis, DoesNothingUnlessItIsAskedTo) {
  const SmallRun run;
  const TemporaryFolder folder;
  TrainingAnalysis analysis(*run.model, *run.task, {}, folder / "training");
  EXPECT_FALSE(analysis.active());
  analysis.start(0);
  analysis.on_step(10);
  EXPECT_FALSE(std::filesystem::exists(folder / "training"));
}

TEST(Emergence, IsDrawnOnceAHeadStandsOut) {
  if (!Gnuplot::available()) GTEST_SKIP() << missing_gnuplot_hint();
  const TemporaryFolder folder;
  const auto table = [&](const std::string& last) {
    write_file(folder / "heads_by_step.csv",
               "step,kind,layer,head,previous,induction,hit_value\n0,self,0,0,0.1,0.1,\n"
               "0,self,1,0,0.1,0.1,0\n10,self,0,0,0.2,0.1,\n10,self,1,0,0.1," +
                   last + ",0.1\n");
    write_file(folder / "metrics.csv", "step,val_loss\n5,2\n10,1\n");
    return draw_emergence(folder / ".", folder / "metrics.csv", "small", folder / "emergence");
  };
  EXPECT_FALSE(table("0.2"));
  EXPECT_TRUE(table("0.9"));
  const auto svg = read_file(folder / "emergence.svg");
  EXPECT_NE(svg.find("L1 H0"), std::string::npos);
  EXPECT_NE(svg.find("validation loss"), std::string::npos);
  EXPECT_EQ(svg.find("hit_value"), std::string::npos);
}

}  // namespace
}  // namespace heed
