#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "src/compare/comparison.h"
#include "src/figures/line_figure.h"
#include "src/figures/strip_figure.h"

namespace heed {

/// A figure of a comparison that was drawn.
struct DrawnFigure {
  std::filesystem::path stem;  ///< stem.png and stem.svg
  std::string caption;         ///< what it shows and how to read it
};

/// Draws the figures of a comparison into `folder`: learning curves, the metric by the grid's
/// numbers and by length or distance, every run over the seeds, gradient flow, cost by length.
/// Figures without data are left out. Throws what write_figure() throws.
std::vector<DrawnFigure> draw_figures(const Comparison& comparison,
                                      const std::filesystem::path& folder);

/// The figures of one comparison and what they share.
class FigureSheet {
 public:
  FigureSheet(const Comparison& comparison, std::filesystem::path folder)
      : comparison_(comparison), folder_(std::move(folder)) {}

  const Comparison& comparison() const { return comparison_; }
  const Metric& metric() const { return comparison_.metric; }

  /// Draws a figure unless there is nothing in it.
  void add(const std::string& name, LineFigure figure, const std::string& caption);
  void add(const std::string& name, const StripFigure& figure, const std::string& caption);

  /// A model has the same colour in all figures of a report.
  size_t find_color(const std::string& model) const;
  LineSeries series(const std::string& model) const;

  /// Baselines: what a model scores that has learned nothing.
  std::vector<ReferenceLine> loss_references() const;
  std::vector<ReferenceLine> measure_references() const;

  /// A panel for the metric.
  LinePanel metric_panel(const std::string& title, const std::string& x_label) const;

  /// The points of the grid that get a panel: all or, of many, the first, the middle and the last.
  std::vector<std::string> shown_cells() const;

  const std::vector<DrawnFigure>& drawn() const { return drawn_; }

 private:
  const Comparison& comparison_;
  std::filesystem::path folder_;
  std::vector<DrawnFigure> drawn_;
};

void draw_scores(FigureSheet& sheet);  ///< by the grid's numbers, by distance or length, every run
void draw_learning_curves(FigureSheet& sheet);
void draw_gradients(FigureSheet& sheet);
void draw_costs(FigureSheet& sheet);

}  // namespace heed
