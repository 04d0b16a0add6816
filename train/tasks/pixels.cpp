#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "train/files/idx_file.h"
#include "train/tasks/shape_images.h"
#include "train/tasks/signal_task.h"

namespace heed {
namespace {

/// Images read pixel by pixel, from the user's files or drawn; the answer is their class.
class PixelsTask : public SignalTask {
 public:
  void describe(OptionList& list) override {
    list.add("images", &images_, "your training images, an IDX file; empty: heed draws shapes");
    list.add("labels", &labels_, "their classes, an IDX file");
    list.add("test_images", &test_images_, "your test images, an IDX file");
    list.add("test_labels", &test_labels_, "their classes, an IDX file");
    list.add("size", &size_, "side of the drawn images").at_least(8);
    list.add("noise", &noise_, "standard deviation of the noise added to a drawn image")
        .at_least(0);
    list.add("shuffle", &shuffle_,
             "read the pixels in a random order, the same for every image and run");
    SignalTask::describe(list);
  }

  void check() const override {
    check_pair("images", images_, "labels", labels_);
    check_pair("test_images", test_images_, "test_labels", test_labels_);
    if (images_.empty() && !test_images_.empty())
      throw OptionError("images", "expected training images where test images are given, got none");
  }

  void prepare(const TaskSetup& setup) override {
    SignalTask::prepare(setup);
    for (auto* path : {&images_, &labels_, &test_images_, &test_labels_})
      if (!path->empty()) *path = std::filesystem::absolute(*path).lexically_normal();
    check();
    if (!images_.empty()) read_files();
    mix_order();
  }

  int64_t evaluation_rows(Split split) const override {
    return images_.empty() ? evaluation_rows_ : std::min(evaluation_rows_, part(split).count);
  }

  TaskCard card() const override {
    return {
        .definition =
            "An image as a sequence of its pixels, row by row; the answer is its class. "
            "Without files: ten shapes of random place and size, ones on zeros, plus noise. "
            "With your files: grey values from 0 to 1. The last tenth of the training images is "
            "the validation data; without test images, the tenth before it is the test data. "
            "Training draws from the rest, and evaluation reads at most evaluation_rows.",
        .judged = "Cross-entropy of the ten classes; \"accuracy\" counts correct ones.",
        .source =
            "Le, Jaitly & Hinton 2015 (1504.00941), with MNIST (LeCun et al. 1998); "
            "shuffled: their permuted pixels"};
  }

  std::vector<Baseline> baselines() const override {
    return {{.measure = "loss", .formula = "ln 10", .value = std::log(10.0)},
            {.measure = "accuracy", .formula = "1 / 10", .value = 0.1}};
  }

  std::string example() override {
    prepare({.seed = 1, .context = 16});
    const auto one = batch(Split::train, 0, 1);
    const std::string shades = " .:-=+*#%@";
    std::string text;
    for (int64_t pixel = 0; pixel < length(); ++pixel) {
      const double value = std::clamp(one.input.values[0][pixel][0].item<double>(), 0.0, 1.0);
      text.append(2, shades[static_cast<size_t>(std::lround(value * 9))]);
      if ((pixel + 1) % size_ == 0) text += "|\n";
    }
    return text +
           fmt::format("answer {}\n",
                       shape_names().at(static_cast<size_t>(one.targets[0].item<int64_t>())));
  }

 protected:
  std::vector<std::string> channels() const override { return {"pixel"}; }

  std::vector<std::string> classes() const override {
    if (images_.empty()) return shape_names();
    return {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
  }

  int64_t length() const override {
    return images_.empty() ? size_ * size_ : train_.rows * train_.columns;
  }

  double write_row(Random& random, Split split, int64_t number,
                   std::span<float> values) const override {
    if (!shuffle_) return write_image(random, split, number, values);
    std::vector<float> image(values.size());
    const double answer = write_image(random, split, number, image);
    for (size_t step = 0; step < values.size(); ++step) values[step] = image[order_[step]];
    return answer;
  }

  void make_small() override {}  // example() draws an image of the default size

 private:
  /// Images [first, first + count) of a file.
  struct Part {
    const LabelledImages& file;
    int64_t first, count;
  };

  static void check_pair(const std::string& images_name, const std::string& images,
                         const std::string& labels_name, const std::string& labels) {
    const auto& missing = images.empty() ? images_name : labels_name;
    const auto& given = images.empty() ? labels_name : images_name;
    if (images.empty() != labels.empty())
      throw OptionError(missing,
                        fmt::format("expected a path, since task.{} has one, got none", given));
  }

  void read_files() {
    train_ = read_labelled_images(images_, labels_);
    if (train_.count < 10)
      throw std::runtime_error(fmt::format(
          "{}: expected at least 10 images, of which a tenth is the validation data, got {}",
          images_, train_.count));
    if (test_images_.empty()) return;
    test_ = read_labelled_images(test_images_, test_labels_);
    if (test_.rows != train_.rows || test_.columns != train_.columns)
      throw std::runtime_error(
          fmt::format("{}: expected images of {} x {} pixels, as in {}, got {} x {}", test_images_,
                      train_.rows, train_.columns, images_, test_.rows, test_.columns));
  }

  Part part(Split split) const {
    const int64_t tenth = train_.count / 10;
    const bool own_test = test_.count > 0;
    const int64_t rest = train_.count - (own_test ? 1 : 2) * tenth;
    if (split == Split::train) return {train_, 0, rest};
    if (split == Split::validation) return {train_, train_.count - tenth, tenth};
    return own_test ? Part{test_, 0, test_.count} : Part{train_, rest, tenth};
  }

  // Does not depend on the run's seed, so that runs can be compared.
  void mix_order() {
    order_.resize(static_cast<size_t>(length()));
    std::iota(order_.begin(), order_.end(), size_t{0});
    Random random(/*seed=*/0, /*stream=*/0, /*index=*/0);
    for (size_t left = order_.size(); left > 1; --left)
      std::swap(order_[left - 1],
                order_[static_cast<size_t>(random.below(static_cast<int64_t>(left)))]);
  }

  double write_image(Random& random, Split split, int64_t number, std::span<float> image) const {
    if (!images_.empty()) return write_file_image(random, split, number, image);
    const int64_t shape = random.below(static_cast<int64_t>(shape_names().size()));
    draw_shape(shape, size_, random, image);
    if (noise_ > 0)
      for (auto& pixel : image) pixel += static_cast<float>(noise_ * random.normal());
    return static_cast<double>(shape);
  }

  double write_file_image(Random& random, Split split, int64_t number,
                          std::span<float> image) const {
    const auto from = part(split);
    if (number >= from.count && split != Split::train)
      throw std::out_of_range(fmt::format("row {} of {}", number, from.count));
    const auto index = static_cast<size_t>(
        from.first + (split == Split::train ? random.below(from.count) : number));
    const auto* pixels = from.file.pixels.data() + index * image.size();
    std::transform(pixels, pixels + image.size(), image.begin(),
                   [](uint8_t pixel) { return static_cast<float>(pixel) / 255; });
    return from.file.labels[index];
  }

  std::string images_, labels_, test_images_, test_labels_;
  int64_t size_ = 14;
  double noise_ = 0.1;
  bool shuffle_ = false;
  LabelledImages train_, test_;
  std::vector<size_t> order_;  // [T]: which pixel each step reads
};

const Registration<Task, PixelsTask> pixels_registration{
    "pixels", "classify an image that is read pixel by pixel"};

}  // namespace
}  // namespace heed
