#include "src/compare/match.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>

#include "models/sequence_model.h"
#include "src/experiment/config.h"

namespace heed {
namespace {

constexpr int64_t largest_width = 1 << 14;

/// One run whose width is to be chosen.
class Candidate {
 public:
  Candidate(const std::filesystem::path& file, const std::vector<std::string>& settings)
      : file_(file), settings_(settings) {
    auto config = read_config_of_grid(file, settings);
    label_ = config.model_kind;
    OptionList list;
    config.model->describe(list);
    if (!list.find("d_model"))
      throw ConfigError(
          fmt::format("{}: match.parameters: expected models with a width d_model, "
                      "got {}",
                      file.string(), label_));
    if (const auto* heads = list.find("heads")) unit_ = *std::get<int64_t*>(heads->target);
    has_inner_width_ = list.find("d_ff");
    prepare_task(config);
    shape_ = config.task->shape();
  }

  // Even head widths, which every kind of position supports.
  int64_t unit() const { return unit_ > 1 ? 2 * unit_ : 1; }
  bool has_inner_width() const { return has_inner_width_; }
  const std::string& label() const { return label_; }

  int64_t count(int64_t width, int64_t inner_width = 0) const {
    auto settings = settings_;
    for (auto& one : chosen(width, inner_width)) settings.push_back(std::move(one));
    return read_config_of_grid(file_, settings).model->build(shape_)->parameter_count();
  }

  static std::vector<std::string> chosen(int64_t width, int64_t inner_width) {
    std::vector<std::string> settings = {fmt::format("model.d_model={}", width)};
    if (inner_width > 0) settings.push_back(fmt::format("model.d_ff={}", inner_width));
    return settings;
  }

 private:
  std::filesystem::path file_;
  std::vector<std::string> settings_;
  std::string label_;
  SequenceShape shape_;
  int64_t unit_ = 1;
  bool has_inner_width_ = false;
};

// The largest of 1, 2 ... whose count is at most `wanted`; 0 if there is none. Counts rise.
template <class Count>
int64_t largest_below(int64_t wanted, int64_t most, const Count& count) {
  int64_t low = 0, high = 1;
  while (high <= most && count(high) <= wanted) low = high, high *= 2;
  while (high - low > 1) {
    const int64_t middle = (low + high) / 2;
    (count(middle) <= wanted ? low : high) = middle;
  }
  return low;
}

}  // namespace

std::vector<std::string> match_parameters(const std::filesystem::path& file,
                                          const std::vector<std::string>& settings,
                                          int64_t parameters, double tolerance) {
  const Candidate candidate(file, settings);
  const int64_t unit = candidate.unit();
  const auto width_count = [&](int64_t step) { return candidate.count(step * unit); };
  const int64_t below = largest_below(parameters, largest_width / unit, width_count);
  const auto near = [&](int64_t count) {
    return std::abs(static_cast<double>(count - parameters)) <=
           tolerance * static_cast<double>(parameters);
  };
  const int64_t under = below > 0 ? width_count(below) : 0, over = width_count(below + 1);
  const bool take_under = below > 0 && parameters - under <= over - parameters;
  if (near(take_under ? under : over))
    return Candidate::chosen((take_under ? below : below + 1) * unit, 0);
  // The rest goes into the feed-forward network, for the widest model that leaves room.
  for (int64_t step = below; candidate.has_inner_width() && step > 0; --step) {
    const int64_t width = step * unit;
    const auto inner_count = [&](int64_t inner) { return candidate.count(width, inner); };
    const int64_t inner = largest_below(parameters, 64 * width, inner_count);
    if (inner > 0 && near(inner_count(inner))) return Candidate::chosen(width, inner);
  }
  throw ConfigError(
      fmt::format("{}: match.parameters: expected {} parameters within {:g} %, but {} has {} at "
                  "width {} and {} "
                  "at width {}; another number, fewer heads or a wider match.tolerance may do",
                  file.string(), parameters, 100 * tolerance, candidate.label(), under,
                  below * unit, over, (below + 1) * unit));
}

}  // namespace heed
