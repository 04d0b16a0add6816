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

/// The heads of one layer. The figure makes tokens visible (a space as "␣") and shortens long ones.
struct AttentionFigure {
  std::vector<std::string> query_tokens;  ///< [T]
  std::vector<std::string> key_tokens;    ///< [S]
  std::vector<HeadMap> heads;             ///< at least one
  std::string title;
  // Captions; other tables of shares from 0 to 1 are drawn in the same way.
  std::string query_caption = "query (attends from)";
  std::string key_caption = "key (attended to)";
  std::string scale_caption = "attention weight";
  /// Numbers of either sign: blue is negative, white zero, red positive, up to the largest absolute
  /// value on both sides.
  bool signed_numbers = false;
};

/// Draws a heat map per head as stem.png and stem.svg, with fewer maps in a row where there are
/// many tokens. The first query is at the top. All maps share one scale from 0 to 1 whose lightness
/// falls evenly, so that it survives grey print and colour blindness. A weight of exactly zero
/// (masked) or NaN is left white. Of very many tokens only every second, third, ... is written.
///
/// Throws std::runtime_error for a figure without heads or tokens or with sizes that do not fit,
/// and what write_figure (gnuplot.h) throws.
void write_attention_figure(const AttentionFigure& figure, const std::filesystem::path& stem);

}  // namespace heed
