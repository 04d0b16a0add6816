#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace heed {

/// Takes a text's characters one by one, each a UTF-8 encoded code point (RFC 3629: no overlong
/// forms, no surrogates). Throws std::runtime_error that names `origin`, line and byte of the first
/// sequence that is not valid.
void each_utf8_character(std::string_view text, const std::string& origin,
                         const std::function<void(std::string_view)>& take);

/// All of them.
std::vector<std::string> utf8_characters(std::string_view text, const std::string& origin);

/// The code point of one encoded character.
uint32_t code_point(std::string_view character);

}  // namespace heed
