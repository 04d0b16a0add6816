#pragma once

namespace heed::viewer {

// The files of this folder, joined at build time (embed.cmake).
extern const char* const html;          ///< with {{placeholders}}
extern const char* const style;         ///< replaces {{style}}
extern const char* const script;        ///< replaces {{script}}
extern const char* const style_sha256;  ///< in hexadecimal digits
extern const char* const script_sha256;

}  // namespace heed::viewer
