#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace heed {

/// A text as its characters, one UTF-8 encoded code point each (RFC 3629: no overlong forms, no
/// surrogates). Throws std::runtime_error that names `origin`, line and byte of the first sequence
/// that is not valid.
std::vector<std::string> utf8_characters(std::string_view text, const std::string& origin);

/// The code point of one encoded character.
uint32_t code_point(std::string_view character);

}  // namespace heed
