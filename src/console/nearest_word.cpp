#include "src/console/nearest_word.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>

namespace heed {
namespace {

int64_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<int64_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = static_cast<int64_t>(j);
  for (size_t i = 1; i <= a.size(); ++i) {
    int64_t diagonal = row[0];
    row[0] = static_cast<int64_t>(i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const int64_t replaced = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row.back();
}

}  // namespace

std::string nearest_word(const std::string& word, const std::vector<std::string>& known) {
  std::string nearest;
  int64_t best = std::max<int64_t>(2, static_cast<int64_t>(word.size()) / 3) + 1;
  for (const auto& one : known) {
    const int64_t distance = edit_distance(word, one);
    if (distance < best) best = distance, nearest = one;
  }
  return nearest;
}

std::string suggestion(const std::string& word, const std::vector<std::string>& known,
                       const std::string& prefix) {
  const auto near = nearest_word(word, known);
  return near.empty() ? fmt::format("known are: {}", fmt::join(known, ", "))
                      : fmt::format("did you mean {}{}?", prefix, near);
}

}  // namespace heed
