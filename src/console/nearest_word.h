#pragma once

#include <string>
#include <vector>

namespace heed {

/// The known word nearest to `word` by edit distance, or "" if none is near.
std::string nearest_word(const std::string& word, const std::vector<std::string>& known);

/// The end of an error about an unknown word: "did you mean layers?", or "known are: heads, layers"
/// if none is near. `prefix` goes in front of a near word: "did you mean model.layers?"
std::string suggestion(const std::string& word, const std::vector<std::string>& known,
                       const std::string& prefix = "");

}  // namespace heed
