#pragma once

#include <string>

namespace heed {

/// A page of its own around `body`: one file in heed's style, for a screen, by day and night, and
/// for paper. `title` is text, `body` markup.
std::string html_page(const std::string& title, const std::string& body);

}  // namespace heed
