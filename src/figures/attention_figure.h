#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace heed {

/// What one head attends to.
struct HeadMap {
  std::string title;           ///< "layer 0, head 2"
  std::vector<float> weights;  ///< [T, S], row-major: T queries attend to S keys
};

/// The heads of one layer. Tokens are given as they are; the figure makes them visible (a space as
/// "␣") and shortens long ones.
struct AttentionFigure {
  std::vector<std::string> query_tokens;  ///< [T]
  std::vector<std::string> key_tokens;    ///< [S]
  std::vector<HeadMap> heads;             ///< at least one
  std::string title;
  // What the axes and the scale say; other tables of shares from 0 to 1 are drawn alike.
  std::string query_caption = "query (attends from)";
  std::string key_caption = "key (attended to)";
  std::string scale_caption = "attention weight";
  /// Numbers of either sign: the scale reaches as far as the greatest of them on both sides of
  /// zero, which is white; blue is below, red above.
  bool signed_numbers = false;
  int columns = 4;  ///< maps in a row, at most
};

/// Draws a heat map a head as stem.png and stem.svg. The first query is at
/// the top. All maps share one scale from 0 to 1, from light to dark evenly in lightness, so that
/// it survives grey print and colour blindness. A weight that is exactly zero (masked) or NaN is
/// left white. Where there are many tokens only every second, third, ... is written.
///
/// Throws std::runtime_error for a figure without heads or tokens or with sizes that do not fit,
/// and for what write_figure (gnuplot.h) throws.
void write_attention_figure(const AttentionFigure& figure, const std::filesystem::path& stem);

}  // namespace heed
