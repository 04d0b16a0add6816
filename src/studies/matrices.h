#pragma once

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "src/studies/report.h"

namespace heed {

using Rows = std::vector<std::vector<double>>;

/// A matrix in float64.
at::Tensor make_matrix(const Rows& rows);

/// "x1", "x2", ...
std::vector<std::string> numbered(const std::string& name, int64_t count);

double largest_difference(const at::Tensor& a, const at::Tensor& b);

/// A map of weights, or of other shares from 0 to 1.
struct ShownMap {
  std::string title;
  at::Tensor weights;  ///< [T, S]
};

/// Maps side by side, as a figure of the report; `scale` names their values.
void show_maps(Report& report, const std::string& name, const std::string& caption,
               const std::vector<ShownMap>& maps, const std::vector<std::string>& queries,
               const std::vector<std::string>& keys, const std::string& scale = "attention weight");

/// The same for numbers of either sign: blue, white, red.
void show_numbers(Report& report, const std::string& name, const std::string& caption,
                  const std::vector<ShownMap>& maps, const std::vector<std::string>& rows,
                  const std::vector<std::string>& columns);

}  // namespace heed
