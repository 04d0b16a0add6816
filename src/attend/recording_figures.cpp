#include "src/attend/recording_figures.h"

#include <fmt/format.h>

#include "src/analysis/rollout.h"
#include "src/figures/attention_figure.h"

namespace heed {
namespace {

// `weights` [T, S] float32.
HeadMap head_map(const std::string& title, const at::Tensor& weights) {
  const auto map = weights.contiguous();
  const auto* first = map.const_data_ptr<float>();
  return {.title = title, .weights = {first, first + map.numel()}};
}

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
    for (int64_t head = 0; head < maps.size(2); ++head)
      figure.heads.push_back(
          head_map(fmt::format("{}, head {}", place, arrays.head(head)), maps[i][0][head]));
    write_attention_figure(
        figure, folder / fmt::format("{}layer{}", self ? "" : to_string(kind) + "_", layer));
  }
}

// How much of each position of the input each layer's positions are made of.
void draw_kind(AttentionKind kind, const AttentionArrays& arrays, const std::string& name,
               const std::filesystem::path& stem) {
  const auto& tokens = kind == AttentionKind::encoder ? arrays.source_tokens : arrays.tokens;
  AttentionFigure figure{.query_tokens = tokens,
                         .key_tokens = tokens,
                         .heads = {},
                         .title = name + ": attention rollout",
                         .query_caption = "position of the layer's output",
                         .key_caption = "position of the input",
                         .scale_caption = "share"};
  const auto layers = rollout(arrays.maps.at(kind).unbind(0));
  for (size_t layer = 0; layer < layers.size(); ++layer)
    figure.heads.push_back(
        head_map(fmt::format("after layer {}", layer), layers[layer][0].to(at::kFloat)));
  write_attention_figure(figure, stem);
}

}  // namespace

void draw_recording(const AttentionArrays& arrays, const std::string& name,
                    const std::filesystem::path& folder) {
  for (const auto& [kind, maps] : arrays.maps) draw_layers(arrays, kind, name, folder);
}

std::vector<std::filesystem::path> draw_rollout(const AttentionArrays& arrays,
                                                const std::string& name,
                                                const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> drawn;
  for (const auto& [kind, maps] : arrays.maps) {
    if (kind == AttentionKind::cross) continue;
    const bool self = kind == AttentionKind::self;
    drawn.push_back(folder / (self ? "rollout" : "rollout_" + to_string(kind)));
    draw_kind(kind, arrays, name, drawn.back());
  }
  return drawn;
}

}  // namespace heed
