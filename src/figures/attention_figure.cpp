#include "src/figures/attention_figure.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "src/console/console_table.h"
#include "src/figures/color_scale.h"
#include "src/figures/layout.h"
#include "src/figures/text.h"

namespace heed {
namespace {

// Lengths are pixels, from the top left corner.
constexpr int max_token_width = 16;  // characters of a token that are written
constexpr int margin = 14, gap = 26;
constexpr int scale_width = 14;       // of the colour bar
constexpr int scale_room = 90;        // of the colour bar with its numbers and caption
constexpr int max_columns = 4;        // maps in a row
constexpr int page_width = 800;       // a figure is no wider if its cells need not be small
constexpr double readable_cell = 15;  // the side of a cell whose token is easy to read
constexpr double largest_cell = 26, smallest_cell = 2;
constexpr size_t max_crisp_cells = 65536;

using Strings = std::vector<std::string>;

struct Layout {
  int columns = 1;
  int rows = 1;
  int panel_width = 0;
  int panel_height = 0;
  int slot_width = 0;   // a panel or its title, whichever is wider
  int slot_height = 0;  // a panel with its title and the tokens below it
  int below = 0;        // room for the tokens below a panel
  int edge = 0;         // the left edge of all but the title
  int left = 0;         // of the first slot
  int top = 0;          // of the first panel
  int token_step = 1;   // from one written token to the next
  int token_px = 12;
  bool rotated = false;  // the keys' tokens
  FigureSize size;
};

ColorScale make_scale(const AttentionFigure& figure) {
  float limit = 0;
  for (const auto& head : figure.heads)
    for (const float number : head.weights)
      if (std::isfinite(number)) limit = std::max(limit, std::abs(number));
  return {figure.signed_numbers, limit};
}

void check(const AttentionFigure& figure) {
  const size_t queries = figure.query_tokens.size(), keys = figure.key_tokens.size();
  if (figure.heads.empty() || queries == 0 || keys == 0)
    throw std::runtime_error(
        fmt::format("an attention figure needs heads, queries and keys; got {}, {} and {}",
                    figure.heads.size(), queries, keys));
  for (const auto& head : figure.heads)
    if (head.weights.size() != queries * keys)
      throw std::runtime_error(
          fmt::format("the attention map \"{}\": expected {} x {} weights for its tokens, got {}",
                      head.title, queries, keys, head.weights.size()));
}

Strings shown_tokens(const Strings& tokens) {
  Strings shown;
  for (const auto& token : tokens)
    shown.push_back(shortened(drawable(visible_token(token)), max_token_width));
  return shown;
}

// The largest side of a cell with which the maps of `columns` in a row fit on a page; less and less
// for more tokens.
double cell_side(size_t tokens, int columns, double room) {
  const auto count = static_cast<double>(tokens);
  if (count > 1024) return 1024 / count;
  const double fitting = std::floor((room / columns - gap) / count);
  const double several = std::max(fitting, std::min(readable_cell, std::floor(640 / count)));
  return std::clamp(several, smallest_cell, largest_cell);
}

// As many maps in a row as leave cells readable, and rows as equal as possible.
int columns_for(const AttentionFigure& figure, size_t tokens, double room) {
  int columns = std::min(max_columns, static_cast<int>(figure.heads.size()));
  while (columns > 1 && (room / columns - gap) / static_cast<double>(tokens) < readable_cell)
    --columns;
  return static_cast<int>(choose_columns(figure.heads.size(), static_cast<size_t>(columns)));
}

int grid_height(const Layout& layout) {
  return (layout.rows - 1) * layout.slot_height + layout.panel_height;
}

int scale_height(const Layout& layout) { return std::clamp(grid_height(layout), 120, 400); }

Layout lay_out(const AttentionFigure& figure, const Strings& queries, const Strings& keys) {
  Layout layout;
  layout.left = margin + label_px + 14 + widest(queries, layout.token_px) + 12;
  const double room = page_width - layout.left - scale_room;
  const auto heads = static_cast<int>(figure.heads.size());
  layout.columns = columns_for(figure, keys.size(), room);
  layout.rows = (heads + layout.columns - 1) / layout.columns;

  const double cell = cell_side(std::max(queries.size(), keys.size()), layout.columns, room);
  const auto side = [cell](size_t count) {
    return std::max(8, static_cast<int>(std::lround(cell * static_cast<double>(count))));
  };
  layout.panel_width = side(keys.size());
  layout.panel_height = side(queries.size());

  layout.token_step = std::max(1, static_cast<int>(std::ceil(10 / cell)));
  const double pitch = cell * layout.token_step;
  layout.token_px = std::clamp(static_cast<int>(pitch) - 1, 9, tick_px);
  layout.rotated = widest(keys, layout.token_px) > pitch - 1;

  Strings titles;
  for (const auto& head : figure.heads) titles.push_back(head.title);
  layout.slot_width = std::max(layout.panel_width, std::min(widest(titles, label_px), 220));
  layout.below = 8 + (layout.rotated ? widest(keys, layout.token_px) : layout.token_px + 4);
  layout.slot_height = layout.panel_height + layout.below + gap + label_px + 4;

  layout.top = margin + (figure.title.empty() ? 0 : title_px + 14) + label_px + 10;
  const int content = layout.left + layout.columns * (layout.slot_width + gap) + scale_room;
  layout.size.width =
      std::max(content, std::min(text_width(figure.title, title_px) + 2 * margin, 900));
  const int shift = (layout.size.width - content) / 2;
  layout.left += shift;
  layout.edge = margin + shift;
  const int bottom =
      std::max(grid_height(layout) + layout.below + 2 * label_px, scale_height(layout) + label_px);
  layout.size.height = layout.top + bottom + margin;
  return layout;
}

// Positions on the scale in thousandths, -1 for none: short, since many tokens make megabytes.
std::string matrix(const std::vector<float>& weights, size_t rows, size_t columns,
                   const ColorScale& scale) {
  // gnuplot draws no image of a single row or column, so such a one is sent twice.
  const size_t row_copies = rows == 1 ? 2 : 1, column_copies = columns == 1 ? 2 : 1;
  std::string text;
  for (size_t row = 0; row < rows * row_copies; ++row) {
    for (size_t column = 0; column < columns * column_copies; ++column) {
      const float position =
          scale.position(weights[row / row_copies * columns + column / column_copies]);
      text += fmt::format("{} ", std::isnan(position) ? -1 : std::lround(1000 * position));
    }
    text.back() = '\n';
  }
  return text;
}

// The coordinate of an axis in the data that matrix() writes.
std::string coordinate(int field, size_t tokens) {
  return tokens == 1 ? fmt::format("(${}*.5-.25)", field) : fmt::format("{}", field);
}

std::string ticks(const Strings& tokens, int step) {
  std::string list;
  for (size_t i = 0; i < tokens.size(); i += static_cast<size_t>(step))
    list += fmt::format("{}{} {}", i > 0 ? ", " : "", quote_tick(tokens[i]), i);
  return "(" + list + ")";
}

// The title, the captions of the axes and the colour bar.
std::string frame_commands(const AttentionFigure& figure, const Layout& layout,
                           const Canvas& canvas) {
  const int height = scale_height(layout);
  const double right = layout.left + layout.columns * (layout.slot_width + gap);
  const auto title = fitted(figure.title, title_px, layout.size.width - 2 * margin);
  const double middle = layout.top + grid_height(layout) / 2.;
  return canvas.text(title, layout.size.width / 2., margin + title_px / 2., title_px, "center") +
         canvas.text(figure.query_caption, layout.edge + label_px / 2., middle, label_px,
                     "center rotate by 90") +
         canvas.text(figure.key_caption, (layout.left + right - gap) / 2,
                     layout.top + grid_height(layout) + layout.below + label_px, label_px,
                     "center") +
         canvas.text(figure.scale_caption, right + scale_width + 46, layout.top + height / 2.,
                     label_px, "center rotate by 90") +
         fmt::format("set colorbox user origin {} size screen {},{}\n",
                     canvas.at(right, layout.top + height),
                     static_cast<double>(scale_width) / layout.size.width,
                     static_cast<double>(height) / layout.size.height);
}

std::string panel_commands(const AttentionFigure& figure, const Layout& layout,
                           const Canvas& canvas, size_t index) {
  const auto column = static_cast<int>(index) % layout.columns;
  const auto row = static_cast<int>(index) / layout.columns;
  const double left = layout.left + column * (layout.slot_width + gap) +
                      (layout.slot_width - layout.panel_width) / 2.0;
  const double top = layout.top + row * layout.slot_height;
  return canvas.plot_at({left, top, static_cast<double>(layout.panel_width),
                         static_cast<double>(layout.panel_height)}) +
         fmt::format(
             "set title {} offset 0,-.5 font ',{}'\n"
             "plot $head{} matrix using {}:{}:($3<0?NaN:$3/1000) with image @pixels notitle\n",
             quote(fitted(figure.heads[index].title, label_px, layout.slot_width)), label_px, index,
             coordinate(1, figure.key_tokens.size()), coordinate(2, figure.query_tokens.size()));
}

std::string token_axis(char name, const Strings& tokens, const Layout& layout,
                       const std::string& rotation = "") {
  return fmt::format("set {}tics {} {} out nomirror scale .3 textcolor rgb 'black' font ',{}'\n",
                     name, ticks(tokens, layout.token_step), rotation, layout.token_px);
}

std::string commands(const AttentionFigure& figure, const Layout& layout, const Strings& queries,
                     const Strings& keys) {
  // Some viewers blur an image in an SVG, so there every cell is a rectangle while they are few. In
  // a PNG rectangles would leave seams.
  const bool crisp = figure.heads.size() * queries.size() * keys.size() <= max_crisp_cells;
  std::string text = fmt::format(
      "pixels = GPVAL_TERM eq 'svg' && {} ? 'pixels' : ''\n"
      "set border lw .5 lc rgb '#606060'\nset cbrange [0:1]\n"
      "set xrange [-.5:{}]\nset yrange [{}:-.5]\n",
      crisp ? 1 : 0, static_cast<double>(keys.size()) - .5,
      static_cast<double>(queries.size()) - .5);
  text += make_scale(figure).commands();
  text += token_axis('x', keys, layout, layout.rotated ? "rotate by 90 right" : "norotate");
  const Canvas canvas(layout.size);
  text += frame_commands(figure, layout, canvas) + "set multiplot\n";
  for (size_t i = 0; i < figure.heads.size(); ++i) {
    const bool first_column = i % static_cast<size_t>(layout.columns) == 0;
    text += first_column ? token_axis('y', queries, layout) : "unset ytics\n";
    text += panel_commands(figure, layout, canvas, i);
    if (i == 0) text += "unset label\nunset colorbox\n";  // once per figure
  }
  return text + "unset multiplot\n";
}

}  // namespace

void write_attention_figure(const AttentionFigure& figure, const std::filesystem::path& stem) {
  check(figure);
  const auto queries = shown_tokens(figure.query_tokens), keys = shown_tokens(figure.key_tokens);
  const auto layout = lay_out(figure, queries, keys);
  const auto scale = make_scale(figure);
  std::string data;
  for (size_t i = 0; i < figure.heads.size(); ++i)
    data += fmt::format("$head{} << END\n{}END\n", i,
                        matrix(figure.heads[i].weights, queries.size(), keys.size(), scale));
  write_figure(stem, layout.size, data, commands(figure, layout, queries, keys));
}

}  // namespace heed
