#pragma once

#include <string>

namespace heed {

/// docs/config.md: every key of a config file with its type, range, default and meaning, as
/// Markdown. It is written from the options that the kinds declare.
std::string config_markdown();

}  // namespace heed
