#pragma once

#include <filesystem>
#include <string>

namespace heed {

/// The content of an SVG file as an element of an HTML page that may hold several of them:
/// - `prefix` stands before every id and before what refers to one;
/// - no prolog, comments, tooltips or groups without content;
/// - as wide as the file says, or as the page if that is narrower;
/// - no script, no style sheet, nothing that refers to another file or an address.
/// Throws std::invalid_argument for a prefix that is not a letter and then letters, digits, "-" and
/// "_", std::runtime_error for a file that cannot be read or is no SVG.
std::string inline_svg(const std::filesystem::path& svg, const std::string& prefix);

}  // namespace heed
