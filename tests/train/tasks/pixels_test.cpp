#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "tests/train/files/idx_bytes.h"
#include "tests/train/files/temporary_folder.h"
#include "tests/train/tasks/signal_rows.h"
#include "train/tasks/shape_images.h"

namespace heed {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(PixelsTask, WithoutFilesShapesAreDrawnEquallyOften) {
  constexpr int64_t many = 5000;
  const auto task = signal_task("pixels", {{"size", int64_t{8}}});
  EXPECT_EQ(task->shape().max_length, 64);
  EXPECT_EQ(task->shape().output_width, 10);
  const auto targets = task->batch(Split::train, 0, many).targets;
  for (int64_t shape = 0; shape < 10; ++shape) {
    const auto hits = targets.eq(shape);
    EXPECT_NEAR(mean_value(hits), 0.1, 4 * standard_error(hits)) << shape;
  }
}

TEST(PixelsTask, NoiseIsAddedToTheShapeAndHasItsSpread) {
  const auto clean = signal_task("pixels", {{"noise", 0.0}})->batch(Split::test, 0, 50);
  const auto noisy = signal_task("pixels", {{"noise", 0.3}})->batch(Split::test, 0, 50);
  EXPECT_TRUE(clean.input.values.eq(0).logical_or(clean.input.values.eq(1)).all().item<bool>());
  EXPECT_TRUE(clean.targets.equal(noisy.targets));
  const auto noise = channel(noisy, 0) - channel(clean, 0);
  EXPECT_NEAR(mean_value(noise), 0, 4 * standard_error(noise));
  EXPECT_NEAR(mean_value(noise.square()), 0.09, 4 * standard_error(noise.square()));
}

TEST(PixelsTask, TheClassIsTheShapeInTheImage) {
  const auto batch = signal_task("pixels", {{"noise", 0.0}})->batch(Split::train, 0, 100);
  const auto& names = shape_names();
  const auto bar = std::find(names.begin(), names.end(), "horizontal bar") - names.begin();
  int64_t seen = 0;
  for (int64_t row = 0; row < 100; ++row) {
    const auto image = batch.input.values[row].view({14, 14});
    const bool low = image.sum(1).gt(0).sum().item<int64_t>() <= 2;  // rows with a pixel
    EXPECT_EQ(low, batch.targets[row].item<int64_t>() == bar) << image;
    seen += low;
  }
  EXPECT_GT(seen, 0);
}

TEST(PixelsTask, TheBaselinesAreThoseOfAModelThatKnowsNothing) {
  constexpr int64_t many = 5000;
  const auto task = signal_task("pixels", {{"size", int64_t{8}}});
  const auto batch = task->batch(Split::validation, 0, many);
  const auto baselines = task->baselines();
  EXPECT_NEAR(task->loss(at::zeros({many, 10}), batch).item<double>(),
              *find_baseline(baselines, "loss")->value, 1e-5);
  const auto first = batch.targets.eq(0);
  EXPECT_NEAR(measured(*task, at::zeros({many, 10}), batch),
              *find_baseline(baselines, "accuracy")->value, 4 * standard_error(first));
}

/// Images of 2 x 3 pixels, whose first pixel is their number in the file and whose class is its
/// last digit; the other pixels are 50, 100, 150, 200, 250.
class PixelsOfFiles : public ::testing::Test {
 protected:
  std::string images(const std::string& name, uint8_t first, uint8_t count, uint32_t rows = 2) {
    std::vector<uint8_t> pixels;
    for (uint8_t i = 0; i < count; ++i)
      for (const uint8_t pixel : {static_cast<uint8_t>(first + i), uint8_t{50}, uint8_t{100},
                                  uint8_t{150}, uint8_t{200}, uint8_t{250}})
        pixels.push_back(pixel);
    return folder_.write(name, idx_bytes({count, rows, 6 / rows}, pixels));
  }

  std::string labels(const std::string& name, uint8_t first, uint8_t count) {
    std::vector<uint8_t> values;
    for (uint8_t i = 0; i < count; ++i) values.push_back(static_cast<uint8_t>((first + i) % 10));
    return folder_.write(name, idx_bytes({count}, values));
  }

  /// 30 training images, numbered from 0; with test files 5 more, numbered from 40.
  SignalOptions files(bool with_test) {
    SignalOptions options = {{"images", images("images", 0, 30)},
                             {"labels", labels("labels", 0, 30)}};
    if (!with_test) return options;
    options.emplace_back("test_images", images("test", 40, 5));
    options.emplace_back("test_labels", labels("test_labels", 40, 5));
    return options;
  }

  /// The numbers of the images in a batch; what else is known of them is checked.
  static std::vector<int64_t> numbers(const Batch& batch) {
    std::vector<int64_t> result;
    for (int64_t row = 0; row < batch.targets.size(0); ++row) {
      const auto pixels = (channel(batch, 0)[row] * 255).round().to(at::kLong);
      EXPECT_TRUE(pixels.slice(0, 1).equal(at::tensor({50, 100, 150, 200, 250}, at::kLong)));
      result.push_back(pixels[0].item<int64_t>());
      EXPECT_EQ(batch.targets[row].item<int64_t>(), result.back() % 10);
    }
    return result;
  }

  static std::vector<int64_t> all(const Task& task, Split split) {
    return numbers(task.batch(split, 0, task.evaluation_rows(split)));
  }

  static std::set<int64_t> drawn_in_training(const Task& task) {
    const auto drawn = numbers(task.batch(Split::train, 0, 1000));
    return {drawn.begin(), drawn.end()};
  }

  TemporaryFolder folder_;
};

TEST_F(PixelsOfFiles, TheLastTenthIsTheValidationDataAndTheOneBeforeTheTest) {
  const auto task = signal_task("pixels", files(false));
  EXPECT_EQ(task->shape().max_length, 6);
  EXPECT_THAT(all(*task, Split::validation), ElementsAre(27, 28, 29));
  EXPECT_THAT(all(*task, Split::test), ElementsAre(24, 25, 26));
  const auto drawn = drawn_in_training(*task);
  EXPECT_EQ(drawn.size(), 24u);
  EXPECT_EQ(*drawn.rbegin(), 23);
}

TEST_F(PixelsOfFiles, TestFilesAreTheTestAndLeaveMoreToTrainingData) {
  const auto task = signal_task("pixels", files(true));
  EXPECT_THAT(all(*task, Split::validation), ElementsAre(27, 28, 29));
  EXPECT_THAT(all(*task, Split::test), ElementsAre(40, 41, 42, 43, 44));
  const auto drawn = drawn_in_training(*task);
  EXPECT_EQ(drawn.size(), 27u);
  EXPECT_EQ(*drawn.rbegin(), 26);
}

TEST_F(PixelsOfFiles, EvaluationReadsNoMoreRowsThanAskedFor) {
  auto options = files(true);
  options.emplace_back("evaluation_rows", int64_t{4});
  const auto task = signal_task("pixels", options);
  EXPECT_EQ(task->evaluation_rows(Split::validation), 3);
  EXPECT_THAT(all(*task, Split::test), ElementsAre(40, 41, 42, 43));
}

TEST_F(PixelsOfFiles, ShuffledPixelsAreTheSameOnesInOneOrderForEveryRowAndSeed) {
  auto options = files(false);
  const auto plain = channel(signal_task("pixels", options)->batch(Split::test, 0, 3), 0);
  options.emplace_back("shuffle", true);
  const auto mixed = channel(signal_task("pixels", options)->batch(Split::test, 0, 3), 0);
  EXPECT_FALSE(mixed.equal(plain));
  // The first pixel, 24 to 26 of 255, is the smallest.
  const auto order = mixed[0].argsort();
  for (int64_t row = 0; row < 3; ++row)
    EXPECT_TRUE(mixed[row].index_select(0, order).equal(plain[row])) << row;
  const auto other = signal_task("pixels", options, /*seed=*/9)->batch(Split::test, 0, 3);
  EXPECT_TRUE(channel(other, 0).equal(mixed));
}

TEST(PixelsTask, ShufflingKeepsWhatIsDrawn) {
  const auto plain = signal_task("pixels")->batch(Split::train, 0, 20);
  const auto mixed = signal_task("pixels", {{"shuffle", true}})->batch(Split::train, 0, 20);
  EXPECT_TRUE(plain.targets.equal(mixed.targets));
  const auto sorted = [](const Batch& batch) { return std::get<0>(channel(batch, 0).sort(1)); };
  EXPECT_TRUE(sorted(plain).equal(sorted(mixed)));
  const auto moved = channel(plain, 0).ne(channel(mixed, 0));
  EXPECT_GT(mean_value(moved), 0.9);
}

TEST_F(PixelsOfFiles, PathsAreAbsoluteOnceTheTaskIsPrepared) {
  auto task = TaskRegistry::instance().make("pixels");
  OptionList list;
  task->describe(list);
  const auto text = [&list](const std::string& name) -> std::string& {
    return *std::get<std::string*>(list.find(name)->target);
  };
  text("images") = std::filesystem::relative(images("images", 0, 30));
  text("labels") = std::filesystem::relative(labels("labels", 0, 30));
  task->prepare({});
  EXPECT_TRUE(std::filesystem::path(text("images")).is_absolute());
  EXPECT_TRUE(std::filesystem::equivalent(text("labels"), folder_ / "labels"));
  EXPECT_EQ(text("test_images"), "");
}

/// That a task with these options is refused: by an option of this name, with this text.
void expect_refused(const SignalOptions& options, const std::string& option,
                    const std::string& text) {
  try {
    signal_task("pixels", options);
    ADD_FAILURE() << "accepted; expected " << text;
  } catch (const OptionError& error) {
    EXPECT_EQ(error.option(), option);
    EXPECT_THAT(error.what(), HasSubstr(text));
  }
}

TEST_F(PixelsOfFiles, ImagesAndLabelsComeTogether) {
  expect_refused({{"images", images("i", 0, 30)}}, "labels", "since task.images has one");
  expect_refused({{"labels", labels("l", 0, 30)}}, "images", "since task.labels has one");
  auto options = files(false);
  options.emplace_back("test_labels", labels("t", 0, 30));
  expect_refused(options, "test_images", "since task.test_labels has one");
  expect_refused({{"test_images", images("i", 0, 30)}, {"test_labels", labels("l", 0, 30)}},
                 "images", "expected training images");
}

TEST_F(PixelsOfFiles, UnusableFilesAreNamed) {
  EXPECT_THAT(
      [&] {
        signal_task("pixels", {{"images", images("few", 0, 9)}, {"labels", labels("l", 0, 9)}});
      },
      ThrowsMessage<std::runtime_error>(
          AllOf(HasSubstr("few"), HasSubstr("at least 10 images"), HasSubstr("got 9"))));
  auto options = files(false);
  options.emplace_back("test_images", images("wide", 0, 5, /*rows=*/1));
  options.emplace_back("test_labels", labels("t", 0, 5));
  EXPECT_THAT([&] { signal_task("pixels", options); },
              ThrowsMessage<std::runtime_error>(
                  AllOf(HasSubstr("wide: expected images of 2 x 3"), HasSubstr("got 1 x 6"))));
}

}  // namespace
}  // namespace heed
