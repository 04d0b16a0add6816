#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace heed {

/// What is known of one position: where the answer to its question stands.
struct TokenLink {
  int64_t row = 0;            ///< of the batch
  int64_t query = 0;          ///< the position that should look, of the sequence
  std::vector<int64_t> keys;  ///< where it should look; any of them is right
  int64_t heuristic = -1;     ///< where a simpler rule would look, -1 where it names no place
};

/// The true links of one kind in a batch: verbs to their subjects, queries to their key's values.
struct TokenLinks {
  std::string name;  ///< "subject": heads that follow it are called "link:subject"
  std::string from;  ///< what the query is: "verb"
  std::string to;    ///< what the keys are: "its subject's noun"
  std::string heuristic =
      {};                  ///< the simpler rule: "the most recent noun"; empty where there is none
  bool to_source = false;  ///< keys are positions of the source, else of the sequence itself
  /// Whether the answers at the queries are what the links decide, so that a head that follows them
  /// is worth its keep there.
  bool decides = true;
  std::vector<TokenLink> links = {};
};

}  // namespace heed
