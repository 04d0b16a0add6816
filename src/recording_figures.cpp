#include "src/recording_figures.h"

#include <fmt/format.h>

#include "src/attention_figure.h"

namespace heed {
namespace {

void draw_layers(const AttentionArrays& arrays, AttentionKind kind, const std::string& name,
                 const std::filesystem::path& folder) {
  const auto& maps = arrays.maps.at(kind);  // [L, 1, H, T, S]
  const bool self = kind == AttentionKind::self;
  const bool reads_source = kind == AttentionKind::encoder || kind == AttentionKind::cross;
  const auto& keys = reads_source ? arrays.source_tokens : arrays.tokens;
  for (int64_t i = 0; i < maps.size(0); ++i) {
    const int64_t layer = arrays.layer(i);
    const auto place =
        self ? fmt::format("layer {}", layer) : fmt::format("{} layer {}", to_string(kind), layer);
    AttentionFigure figure{.query_tokens = kind == AttentionKind::cross ? arrays.written : keys,
                           .key_tokens = keys,
                           .heads = {},
                           .title = fmt::format("{}: {}", name, place)};
    for (int64_t head = 0; head < maps.size(2); ++head) {
      const auto map = maps[i][0][head].contiguous();
      const auto* first = map.const_data_ptr<float>();
      figure.heads.push_back({.title = fmt::format("{}, head {}", place, arrays.head(head)),
                              .weights = {first, first + map.numel()}});
    }
    write_attention_figure(
        figure, folder / fmt::format("{}layer{}", self ? "" : to_string(kind) + "_", layer));
  }
}

}  // namespace

void draw_recording(const AttentionArrays& arrays, const std::string& name,
                    const std::filesystem::path& folder) {
  for (const auto& [kind, maps] : arrays.maps) draw_layers(arrays, kind, name, folder);
}

}  // namespace heed
