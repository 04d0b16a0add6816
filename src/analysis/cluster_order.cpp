#include "src/analysis/cluster_order.h"

#include <limits>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace heed {
namespace {

struct Group {
  std::vector<int64_t> leaves;
  std::vector<double> distances;  // to each group, by its index
};

std::vector<Group> single_things(const at::Tensor& matrix) {
  const auto numbers = matrix.detach()
                           .to(at::kCPU, at::kDouble)
                           .nan_to_num(std::numeric_limits<double>::max() / 4)
                           .contiguous();
  const auto distance = numbers.accessor<double, 2>();
  std::vector<Group> groups;
  for (int64_t i = 0; i < numbers.size(0); ++i) {
    Group group{.leaves = {i}, .distances = {}};
    for (int64_t j = 0; j < numbers.size(0); ++j) group.distances.push_back(distance[i][j]);
    groups.push_back(std::move(group));
  }
  return groups;
}

// The first of the nearest pairs. Groups stay in the order of their lowest leaf.
std::pair<size_t, size_t> nearest(const std::vector<Group>& groups) {
  std::pair<size_t, size_t> best{0, 1};
  for (size_t i = 0; i < groups.size(); ++i)
    for (size_t j = i + 1; j < groups.size(); ++j)
      if (groups[i].distances[j] < groups[best.first].distances[best.second]) best = {i, j};
  return best;
}

// Group `b` goes into `a`, whose distances become the means over all pairs of leaves.
void join(std::vector<Group>& groups, size_t a, size_t b) {
  const auto of_a = static_cast<double>(groups[a].leaves.size());
  const auto of_b = static_cast<double>(groups[b].leaves.size());
  for (size_t i = 0; i < groups.size(); ++i) {
    const double mean = groups[a].distances[i] * (of_a / (of_a + of_b)) +
                        groups[b].distances[i] * (of_b / (of_a + of_b));
    groups[a].distances[i] = groups[i].distances[a] = mean;
  }
  groups[a].leaves.insert(groups[a].leaves.end(), groups[b].leaves.begin(), groups[b].leaves.end());
  const auto place = static_cast<std::ptrdiff_t>(b);
  groups.erase(groups.begin() + place);
  for (auto& group : groups) group.distances.erase(group.distances.begin() + place);
}

}  // namespace

std::vector<int64_t> cluster_order(const at::Tensor& distances) {
  if (!distances.defined() || distances.dim() != 2 || distances.size(0) != distances.size(1)) {
    std::ostringstream text;
    text << "clustering: expected distances [N, N], got ";
    if (distances.defined()) text << distances.sizes();
    throw std::invalid_argument(text.str() + (distances.defined() ? "" : "nothing"));
  }
  auto groups = single_things(distances);
  while (groups.size() > 1) {
    const auto [a, b] = nearest(groups);
    join(groups, a, b);
  }
  return groups.empty() ? std::vector<int64_t>{} : groups[0].leaves;
}

}  // namespace heed
