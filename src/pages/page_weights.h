#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "src/files/weight_bytes.h"
#include "src/pages/attention_page.h"

namespace heed {

/// How many layers, and how many heads of each, a page keeps of a sequence.
struct PageShare {
  int64_t layers = std::numeric_limits<int64_t>::max();
  int64_t heads = std::numeric_limits<int64_t>::max();
};

/// The maps of one kind of attention over a sequence, and how a page stores them.
struct PagePart {
  const PageMaps* maps;
  WeightLayout layout;

  int64_t layers(PageShare share) const { return std::min(share.layers, std::ssize(maps->layers)); }
  int64_t heads(PageShare share) const { return std::min(share.heads, std::ssize(maps->heads)); }
  int64_t weights(PageShare share) const {
    return std::ssize(maps->frames) * layers(share) * heads(share) * layout.bytes();
  }
};

/// The parts of a sequence, which must outlive them. Throws std::runtime_error where its maps and
/// tokens do not match.
std::vector<PagePart> list_parts(const PageSequence& sequence);

int64_t count_weights(const std::vector<PagePart>& parts, PageShare share);

/// The largest share of a large sequence within the budget; heads 0: none.
PageShare largest_share(const std::vector<PagePart>& parts, int64_t budget);

/// Appends the elements of a part, `block` heads in each, named as in viewer/data.js.
void append_elements(const PagePart& part, PageShare share, const std::string& name, int64_t block,
                     std::vector<std::string>& elements);

}  // namespace heed
