#pragma once

#include <filesystem>
#include <string>

namespace heed {

/// The content of an SVG file as an element of an HTML page that may hold several of them:
/// - `prefix` precedes every id and every reference to one;
/// - without prolog, comments, tooltips and empty groups;
/// - as wide as the file asks for, but no wider than the page;
/// - without scripts, style sheets and references to other files or addresses.
/// Throws std::invalid_argument for a prefix other than a letter followed by letters, digits, "-"
/// and
/// "_", std::runtime_error for a file that cannot be read or is no SVG.
std::string inline_svg(const std::filesystem::path& svg, const std::string& prefix);

}  // namespace heed
