#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "src/compare/comparison.h"
#include "src/compare/figures.h"
#include "src/figures/line_figure.h"
#include "src/figures/strip_figure.h"

namespace heed {

/// Where the figures of one comparison are drawn, and what they have in common.
class FigureSheet {
 public:
  FigureSheet(const Comparison& comparison, std::filesystem::path folder)
      : comparison_(comparison), folder_(std::move(folder)) {}

  const Comparison& comparison() const { return comparison_; }
  const Metric& metric() const { return comparison_.metric; }

  /// Draws a figure unless there is nothing in it.
  void add(const std::string& name, LineFigure figure, const std::string& caption);
  void add(const std::string& name, const StripFigure& figure, const std::string& caption);

  /// A model has one colour in all figures of a report.
  size_t find_color(const std::string& model) const;
  LineSeries series(const std::string& model) const;

  /// The entropy bound, or what a model gets that has not understood.
  std::vector<ReferenceLine> loss_references() const;
  std::vector<ReferenceLine> measure_references() const;

  /// Whose values a panel of what runs are judged by shows.
  LinePanel metric_panel(const std::string& title, const std::string& x_label) const;

  /// The places of the grid that have a panel of their own: all, or of many the first, the middle
  /// and the last.
  std::vector<std::string> shown_cells() const;

  const std::vector<DrawnFigure>& drawn() const { return drawn_; }

 private:
  const Comparison& comparison_;
  std::filesystem::path folder_;
  std::vector<DrawnFigure> drawn_;
};

// One file each.
void draw_learning_curves(FigureSheet& sheet);
void draw_scores(FigureSheet& sheet);  ///< by the grid's numbers, by distance or length, every run
void draw_gradients(FigureSheet& sheet);
void draw_costs(FigureSheet& sheet);

}  // namespace heed
