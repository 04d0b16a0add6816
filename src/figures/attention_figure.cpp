#include "src/figures/attention_figure.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "src/console/console_table.h"
#include "src/figures/figure_text.h"
#include "src/figures/gnuplot.h"

namespace heed {
namespace {

// Lengths are pixels, from the top left corner.
constexpr int max_token_width = 16;  // characters of a token that are written
constexpr int title_px = 16, caption_px = 13;
constexpr int margin = 14, gap = 26;
constexpr int scale_width = 14;  // of the colour bar
constexpr int scale_room = 90;   // what it takes with its numbers and caption
constexpr size_t max_crisp_cells = 65536;

// ColorBrewer's YlGnBu (its start a little darker than white), each colour at its lightness L*.
constexpr const char* palette =
    "set palette defined (0 '#f7fbcb', .023 '#edf8b1', .101 '#c7e9b4', .240 '#7fcdbb', "
    ".344 '#41b6c4', .487 '#1d91c0', .685 '#225ea8', .842 '#253494', 1 '#081d58') maxcolors 256\n";

// Blue, white, red: as far apart for the colour-blind, and even in lightness on both sides.
constexpr const char* signed_palette =
    "set palette defined (0 '#053061', .125 '#2166ac', .25 '#4393c3', .375 '#92c5de', "
    ".5 '#ffffff', .625 '#f4a582', .75 '#d6604d', .875 '#b2182b', 1 '#67001f') maxcolors 256\n";

using Strings = std::vector<std::string>;

/// From a number to its place on the scale, from 0 to 1; NaN where nothing is drawn.
class Scale {
 public:
  explicit Scale(const AttentionFigure& figure) : is_signed_(figure.signed_numbers) {
    for (const auto& head : figure.heads)
      for (const float number : head.weights)
        if (std::isfinite(number)) limit_ = std::max(limit_, std::abs(number));
    if (limit_ == 0) limit_ = 1;
  }

  float place(float number) const {
    if (is_signed_) return .5F + .5F * std::clamp(number / limit_, -1.F, 1.F);
    return number == 0 ? std::numeric_limits<float>::quiet_NaN() : std::clamp(number, 0.F, 1.F);
  }

  std::string commands() const {
    const std::string font = "textcolor rgb 'black' font ',11' scale .4\n";
    if (!is_signed_) return palette + ("set cbtics 0,.2 format '%.1f' " + font);
    return signed_palette +
           fmt::format("set cbtics ('{:.2g}' 0, '0' .5, '{:.2g}' 1) {}", -limit_, limit_, font);
  }

 private:
  bool is_signed_;
  float limit_ = 0;  // the greatest size of a number
};

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
  int token_step = 1;   // every how many tokens one is written
  int token_px = 12;
  bool rotated = false;  // the keys' tokens
  FigureSize size;
};

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

// The side of a cell: large enough for its token up to 64 of them, and then less and less.
double cell_side(size_t tokens) {
  const auto count = static_cast<double>(tokens);
  return count > 1024 ? 1024 / count : std::clamp(std::floor(640 / count), 2.0, 32.0);
}

int grid_height(const Layout& layout) {
  return (layout.rows - 1) * layout.slot_height + layout.panel_height;
}

int scale_height(const Layout& layout) { return std::clamp(grid_height(layout), 120, 400); }

Layout lay_out(const AttentionFigure& figure, const Strings& queries, const Strings& keys) {
  Layout layout;
  const auto heads = static_cast<int>(figure.heads.size());
  layout.rows = (heads + figure.columns - 1) / figure.columns;
  layout.columns = (heads + layout.rows - 1) / layout.rows;

  const double cell = cell_side(std::max(queries.size(), keys.size()));
  const auto side = [cell](size_t count) {
    return std::max(8, static_cast<int>(std::lround(cell * static_cast<double>(count))));
  };
  layout.panel_width = side(keys.size());
  layout.panel_height = side(queries.size());

  layout.token_step = std::max(1, static_cast<int>(std::ceil(10 / cell)));
  const double pitch = cell * layout.token_step;
  layout.token_px = std::clamp(static_cast<int>(pitch) - 1, 9, 12);
  layout.rotated = widest(keys, layout.token_px) > pitch - 1;

  Strings titles;
  for (const auto& head : figure.heads) titles.push_back(head.title);
  layout.slot_width = std::max(layout.panel_width, std::min(widest(titles, caption_px), 220));
  layout.below = 8 + (layout.rotated ? widest(keys, layout.token_px) : layout.token_px + 4);
  layout.slot_height = layout.panel_height + layout.below + gap + caption_px + 4;

  layout.left = margin + caption_px + 14 + widest(queries, layout.token_px) + 12;
  layout.top = margin + (figure.title.empty() ? 0 : title_px + 14) + caption_px + 10;
  const int content = layout.left + layout.columns * (layout.slot_width + gap) + scale_room;
  layout.size.width =
      std::max(content, std::min(text_width(figure.title, title_px) + 2 * margin, 900));
  const int shift = (layout.size.width - content) / 2;
  layout.left += shift;
  layout.edge = margin + shift;
  const int bottom = std::max(grid_height(layout) + layout.below + 2 * caption_px,
                              scale_height(layout) + caption_px);
  layout.size.height = layout.top + bottom + margin;
  return layout;
}

// gnuplot counts the screen from 0 to 1, from the bottom left corner.
double screen_x(const Layout& layout, double x) { return x / layout.size.width; }
double screen_y(const Layout& layout, double y) { return 1 - y / layout.size.height; }

// Weights in thousandths, -1 for none: short, since a long text of many tokens makes megabytes.
// fast.
std::string matrix(const std::vector<float>& weights, size_t rows, size_t columns,
                   const Scale& scale) {
  // gnuplot draws no image of a single row or column, so that one is sent twice.
  const size_t row_copies = rows == 1 ? 2 : 1, column_copies = columns == 1 ? 2 : 1;
  std::string text;
  for (size_t row = 0; row < rows * row_copies; ++row) {
    for (size_t column = 0; column < columns * column_copies; ++column) {
      const float place = scale.place(weights[row / row_copies * columns + column / column_copies]);
      text += fmt::format("{} ", std::isnan(place) ? -1 : std::lround(1000 * place));
    }
    text.back() = '\n';
  }
  return text;
}

// Positions of the axis in a matrix that `matrix` wrote.
std::string position(int field, size_t tokens) {
  return tokens == 1 ? fmt::format("(${}*.5-.25)", field) : fmt::format("{}", field);
}

std::string ticks(const Strings& tokens, int step) {
  std::string list;
  for (size_t i = 0; i < tokens.size(); i += static_cast<size_t>(step))
    list += fmt::format("{}{} {}", i > 0 ? ", " : "", quote_tick(tokens[i]), i);
  return "(" + list + ")";
}

std::string label(int tag, const std::string& text, double x, double y, const Layout& layout,
                  const std::string& style) {
  return fmt::format("set label {} {} at screen {},{} center {}\n", tag, quote(text),
                     screen_x(layout, x), screen_y(layout, y), style);
}

// The title, the captions of the axes and the colour bar.
std::string frame_commands(const AttentionFigure& figure, const Layout& layout) {
  const int height = scale_height(layout);
  const double right = layout.left + layout.columns * (layout.slot_width + gap);
  const auto title = fitted(figure.title, title_px, layout.size.width - 2 * margin);
  const auto caption = fmt::format("font ',{}'", caption_px);
  const auto upright = caption + " rotate by 90";
  return label(1, title, layout.size.width / 2., margin + title_px / 2., layout,
               fmt::format("font ',{}'", title_px)) +
         label(2, figure.query_caption, layout.edge + caption_px / 2.,
               layout.top + grid_height(layout) / 2., layout, upright) +
         label(3, figure.key_caption, (layout.left + right - gap) / 2,
               layout.top + grid_height(layout) + layout.below + caption_px, layout, caption) +
         label(4, figure.scale_caption, right + scale_width + 46, layout.top + height / 2., layout,
               upright) +
         fmt::format("set colorbox user origin screen {},{} size screen {},{}\n",
                     screen_x(layout, right), screen_y(layout, layout.top + height),
                     screen_x(layout, scale_width),
                     static_cast<double>(height) / layout.size.height);
}

std::string panel_commands(const AttentionFigure& figure, const Layout& layout, size_t index) {
  const auto column = static_cast<int>(index) % layout.columns;
  const auto row = static_cast<int>(index) / layout.columns;
  const double left = layout.left + column * (layout.slot_width + gap) +
                      (layout.slot_width - layout.panel_width) / 2.0;
  const double top = layout.top + row * layout.slot_height;
  return fmt::format(
      "set lmargin at screen {}\nset rmargin at screen {}\n"
      "set tmargin at screen {}\nset bmargin at screen {}\n"
      "set title {} offset 0,-.5 font ',{}'\n"
      "plot $head{} matrix using {}:{}:($3<0?NaN:$3/1000) with image @pixels notitle\n",
      screen_x(layout, left), screen_x(layout, left + layout.panel_width), screen_y(layout, top),
      screen_y(layout, top + layout.panel_height),
      quote(fitted(figure.heads[index].title, caption_px, layout.slot_width)), caption_px, index,
      position(1, figure.key_tokens.size()), position(2, figure.query_tokens.size()));
}

std::string axis(char name, const Strings& tokens, const Layout& layout,
                 const std::string& rotation = "") {
  return fmt::format("set {}tics {} {} out nomirror scale .3 textcolor rgb 'black' font ',{}'\n",
                     name, ticks(tokens, layout.token_step), rotation, layout.token_px);
}

std::string commands(const AttentionFigure& figure, const Layout& layout, const Strings& queries,
                     const Strings& keys) {
  // An image in an SVG is blurred by some viewers, so there every cell is a rectangle, while these
  // are few enough. In a PNG rectangles would leave seams.
  const bool crisp = figure.heads.size() * queries.size() * keys.size() <= max_crisp_cells;
  std::string text = fmt::format(
      "pixels = GPVAL_TERM eq 'svg' && {} ? 'pixels' : ''\n"
      "set border lw .5 lc rgb '#606060'\nset cbrange [0:1]\n"
      "set xrange [-.5:{}]\nset yrange [{}:-.5]\n",
      crisp ? 1 : 0, static_cast<double>(keys.size()) - .5,
      static_cast<double>(queries.size()) - .5);
  text += Scale(figure).commands();
  text += axis('x', keys, layout, layout.rotated ? "rotate by 90 right" : "norotate");
  text += frame_commands(figure, layout) + "set multiplot\n";
  for (size_t i = 0; i < figure.heads.size(); ++i) {
    const bool first_column = i % static_cast<size_t>(layout.columns) == 0;
    text += first_column ? axis('y', queries, layout) : "unset ytics\n";
    text += panel_commands(figure, layout, i);
    if (i == 0) text += "unset label\nunset colorbox\n";  // once a figure
  }
  return text + "unset multiplot\n";
}

}  // namespace

void write_attention_figure(const AttentionFigure& figure, const std::filesystem::path& stem) {
  check(figure);
  const auto queries = shown_tokens(figure.query_tokens), keys = shown_tokens(figure.key_tokens);
  const auto layout = lay_out(figure, queries, keys);
  const Scale scale(figure);
  std::string data;
  for (size_t i = 0; i < figure.heads.size(); ++i)
    data += fmt::format("$head{} << END\n{}END\n", i,
                        matrix(figure.heads[i].weights, queries.size(), keys.size(), scale));
  write_figure(stem, layout.size, data, commands(figure, layout, queries, keys));
}

}  // namespace heed
