#include "src/pages/page_weights.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <stdexcept>

namespace heed {
namespace {

void check(const PageSequence& sequence, const PageMaps& maps) {
  const auto fail = [&](const std::string& expected, const std::string& got) {
    throw std::runtime_error(fmt::format("attention page, {}, {}-attention: expected {}, got {}",
                                         sequence.title, to_string(maps.kind), expected, got));
  };
  const bool cross = maps.kind == AttentionKind::cross;
  const bool source = cross || maps.kind == AttentionKind::encoder;
  const auto& keys = source ? sequence.source_tokens : sequence.tokens;
  const auto& queries = !cross                     ? keys
                        : sequence.written.empty() ? sequence.tokens
                                                   : sequence.written;
  if (const auto frames = std::max<size_t>(1, sequence.frames.size()); maps.frames.size() != frames)
    fail(fmt::format("{} frames", frames), std::to_string(maps.frames.size()));
  const std::vector<int64_t> shape = {std::ssize(maps.layers), std::ssize(maps.heads),
                                      std::ssize(queries), std::ssize(keys)};
  for (const auto& frame : maps.frames)
    if (frame.sizes() != shape || frame.scalar_type() != at::kFloat || !frame.numel())
      fail(
          fmt::format("float32 maps of {} layers x {} heads x {} queries x {} keys, none of them 0",
                      shape[0], shape[1], shape[2], shape[3]),
          fmt::format("{} {}", toString(frame.scalar_type()), frame.sizes().vec()));
}

}  // namespace

std::vector<PagePart> list_parts(const PageSequence& sequence) {
  std::vector<PagePart> parts;
  for (const auto& maps : sequence.maps) {
    check(sequence, maps);
    parts.push_back({&maps, choose_layout(maps.frames.front())});
    for (const auto& frame : maps.frames)  // one layout for all
      parts.back().layout.triangle = parts.back().layout.triangle && choose_layout(frame).triangle;
  }
  return parts;
}

int64_t count_weights(const std::vector<PagePart>& parts, PageShare share) {
  int64_t weights = 0;
  for (const auto& part : parts) weights += part.weights(share);
  return weights;
}

PageShare largest_share(const std::vector<PagePart>& parts, int64_t budget) {
  PageShare share{.layers = 1, .heads = 0};
  for (const auto& part : parts) {
    share.layers = std::max(share.layers, std::ssize(part.maps->layers));
    share.heads = std::max(share.heads, std::ssize(part.maps->heads));
  }
  while (share.layers > 1 && count_weights(parts, share) > budget) --share.layers;
  while (share.heads > 0 && count_weights(parts, share) > budget) --share.heads;
  return share;
}

void append_elements(const PagePart& part, PageShare share, const std::string& name, int64_t block,
                     std::vector<std::string>& elements) {
  const int64_t count = part.layers(share) * part.heads(share);
  for (size_t frame = 0; frame < part.maps->frames.size(); ++frame)
    for (int64_t first = 0; first < count; first += block) {
      std::string bytes;
      for (int64_t i = first; i < std::min(first + block, count); ++i)
        append_weight_bytes(part.maps->frames[frame][i / part.heads(share)][i % part.heads(share)],
                            part.layout, bytes);
      elements.push_back(fmt::format("<script type=\"text/plain\" id=\"{}-{}-{}\">{}</script>\n",
                                     name, frame, first / block, base64(bytes)));
    }
}

}  // namespace heed
