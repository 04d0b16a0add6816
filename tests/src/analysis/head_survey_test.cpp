#include "src/analysis/head_survey.h"

#include <ATen/core/grad_mode.h>

#include <gtest/gtest.h>

#include "src/analysis/head_importance.h"
#include "src/analysis/head_measure.h"
#include "tests/src/analysis/small_run.h"

namespace heed {
namespace {

const LayerId first{.kind = AttentionKind::self, .layer = 0};
const LayerId second{.kind = AttentionKind::self, .layer = 1};

SentenceSample sentences_of(const SmallRun& run, int64_t batch_rows) {
  return draw_sentences(*run.task, Split::validation, 40, at::TensorOptions(at::kDouble),
                        batch_rows);
}

TEST(HeadSurvey, MeasuresEveryHeadOverAllSentencesHoweverTheyAreBatched) {
  const SmallRun run;
  const auto one = survey_heads(*run.model, sentences_of(run, 40));
  const auto many = survey_heads(*run.model, sentences_of(run, 7));
  ASSERT_EQ(one.heads.size(), 4U);
  for (const auto& [head, found] : one.heads) {
    EXPECT_EQ(found.measures.at("previous").sentences, 40);
    for (const auto& [name, statistic] : found.measures) {
      if (std::isnan(statistic.mean)) continue;
      const auto& other = many.heads.at(head).measures.at(name);
      EXPECT_NEAR(statistic.mean, other.mean, 1e-10) << name;
      EXPECT_NEAR(statistic.spread, other.spread, 1e-10) << name;
    }
    EXPECT_EQ(found.offset.offset, many.heads.at(head).offset.offset);
  }
}

TEST(HeadSurvey, TakesItsNumbersFromTheMapsThatTheModelUses) {
  const SmallRun run;
  const auto sentences = sentences_of(run, 40);
  AttentionRecorder recorder;
  const at::NoGradGuard no_gradients;
  run.model->forward(sentences.batches[0].input, &recorder);
  const auto previous = recorder.stacked(AttentionKind::self).diagonal(-1, 3, 4);  // [L, B, H, T-1]
  const auto expected = previous.mean(3).mean(1);
  const auto survey = survey_heads(*run.model, sentences);
  for (int64_t layer = 0; layer < 2; ++layer)
    for (int64_t head = 0; head < 2; ++head)
      EXPECT_NEAR(survey.mean({.layer_id = {AttentionKind::self, layer}, .head = head}, "previous"),
                  expected[layer][head].item<double>(), 1e-10);
}

TEST(HeadSurvey, ComparesHeadsAndScoresLinks) {
  const SmallRun run;
  const auto survey = survey_heads(*run.model, sentences_of(run, 16));
  const auto& similarity = survey.similarity.at(AttentionKind::self);
  EXPECT_EQ(similarity.heads.size(), 4U);
  EXPECT_EQ(similarity.distances.sizes(), (std::vector<int64_t>{4, 4}));
  EXPECT_EQ(similarity.sentences, 40);
  EXPECT_NEAR(similarity.by_layer.at(1), similarity.distances[2][3].item<double>(), 1e-12);
  ASSERT_EQ(survey.links.size(), 1U);
  EXPECT_EQ(survey.links[0].kind.name, "value");
  EXPECT_EQ(survey.links[0].links, 160);
  EXPECT_TRUE(survey.links[0].heads.contains(second));
  EXPECT_TRUE(
      survey_heads(*run.model, sentences_of(run, 16), {.similarity = false}).similarity.empty());
}

TEST(HeadSurvey, OfAModelWithoutALayerChangesOnlyWhatStandsAboveIt) {
  const SmallRun run;
  const auto sentences = sentences_of(run, 16);
  const auto whole = survey_heads(*run.model, sentences);
  const HeadAblator ablator(*run.model, *run.task, sentences);
  const auto without = survey_heads(*run.model, sentences, {}, ablator.layer_ablation(first));
  for (int64_t head = 0; head < 2; ++head) {
    EXPECT_NEAR(without.mean({first, head}, "previous"), whole.mean({first, head}, "previous"),
                1e-12);
    EXPECT_GT(
        std::abs(without.mean({second, head}, "previous") - whole.mean({second, head}, "previous")),
        1e-6);
  }
}

}  // namespace
}  // namespace heed
