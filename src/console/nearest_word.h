#pragma once

#include <string>
#include <vector>

namespace heed {

/// The known word that is nearest to `word` by edit distance, or "" if none is near.
std::string nearest_word(const std::string& word, const std::vector<std::string>& known);

}  // namespace heed
