#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace heed {

// Texts in figures: their sizes, how wide they are, and how they are given to gnuplot. The font is
// "DejaVu Sans"; sizes and widths are in pixels.

constexpr int title_px = 16, label_px = 13, tick_px = 12, note_px = 11;

/// An estimate, never too small.
int text_width(const std::string& text, int px);

/// The largest width of the texts.
int widest(const std::vector<std::string>& texts, int px);

/// The text, or as much of it as fits into `room` pixels, followed by "…".
std::string fitted(const std::string& text, int px, double room);

/// The text in lines that fit into `room` pixels, broken at spaces and after "_", "-" and "/". A
/// part that cannot be broken may be wider.
std::vector<std::string> wrapped(const std::string& text, int px, double room);

/// The text with "U+4E2D" for each character that no font of this machine has (for Chinese,
/// Japanese and Korean: apt install fonts-noto-cjk). gnuplot would draw such a character over the
/// whole figure.
std::string drawable(std::string_view text);

/// A text as a string of a gnuplot script, with its quotes; gnuplot interprets nothing in it where
/// texts are `noenhanced`. Characters that cannot be seen or drawn are replaced as in
/// visible_token() and drawable().
std::string quote(std::string_view text);

/// The same for the label of a tick, in which gnuplot expands formats such as %g.
std::string quote_tick(std::string_view text);

/// A string literal of gnuplot; characters stay as they are, but for escapes.
std::string gnuplot_literal(const std::string& text);

/// A token made visible: spaces at its ends "␣", newline "⏎", tab "⇥", other control characters and
/// invalid UTF-8 bytes "\x1B", invisible characters "U+202E", an empty token "∅".
std::string visible_token(std::string_view token);

}  // namespace heed
