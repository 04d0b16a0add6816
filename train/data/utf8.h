#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace heed {

/// Calls `take` for each character of a text: a code point encoded as UTF-8 (RFC 3629: no overlong
/// forms, no surrogates). Throws std::runtime_error with `origin`, line and byte of the first
/// invalid sequence.
void each_utf8_character(std::string_view text, const std::string& origin,
                         const std::function<void(std::string_view)>& take);

/// All characters of a text.
std::vector<std::string> utf8_characters(std::string_view text, const std::string& origin);

/// The code point of one encoded character.
uint32_t code_point(std::string_view character);

}  // namespace heed
