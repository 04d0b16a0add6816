#pragma once

#include <string>
#include <vector>

namespace heed {

// Texts in "DejaVu Sans", the figures' font; sizes in pixels. Widths are estimates from above.

int text_width(const std::string& text, int px);

/// The widest of the texts.
int widest(const std::vector<std::string>& texts, int px);

/// The text, or as much of it as fits into `room` pixels with "…" behind.
std::string fitted(const std::string& text, int px, double room);

/// The text in lines that fit into `room` pixels, broken at spaces and behind "_", "-" and "/". A
/// part without such a place can be wider.
std::vector<std::string> wrapped(const std::string& text, int px, double room);

}  // namespace heed
