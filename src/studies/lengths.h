#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "src/studies/report.h"

namespace heed {

/// The length of the rows that the models below are trained on, and those that they are tested on.
constexpr int64_t trained_length = 16;
const std::vector<int64_t>& tested_lengths();

/// The longest of the rising `lengths` up to which every share is at least `enough`; 0 if there is
/// none.
int64_t reach(const std::vector<int64_t>& lengths, const std::vector<double>& shares,
              double enough);

/// The losses of a model with one kind of position.
struct LengthLosses {
  std::string position;
  std::vector<double> losses;  ///< by tested_lengths(); NaN where it has no such position
};

/// Trains a small language model on the built-in language with each kind of position, on rows of
/// trained_length tokens, and tests it on longer ones.
std::vector<LengthLosses> losses_by_length(const std::filesystem::path& folder,
                                           const std::vector<std::string>& positions, bool quick);

/// As a table, a figure and numbers of the report: "length_losses".
void show_lengths(Report& report, const std::vector<LengthLosses>& all);

}  // namespace heed
