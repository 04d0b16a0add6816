#include "src/attention_arrays.h"

#include "src/npz.h"

namespace heed {

std::map<AttentionKind, at::Tensor> recorded_maps(const AttentionRecorder& recorder) {
  std::map<AttentionKind, at::Tensor> maps;
  for (const auto kind : recorder.kinds())
    maps[kind] = recorder.stacked(kind).to(at::kCPU, at::kFloat).contiguous();
  return maps;
}

std::string array_name(AttentionKind kind) {
  return kind == AttentionKind::self ? "attn" : to_string(kind);
}

void write_attention_arrays(const AttentionArrays& arrays, const std::filesystem::path& folder) {
  NpzWriter archive(folder / "attention.npz");
  for (const auto& [kind, map] : arrays.maps)
    archive.add_float32(array_name(kind), map.sizes().vec(),
                        {map.const_data_ptr<float>(), static_cast<size_t>(map.numel())});
  archive.add_texts("tokens", arrays.tokens);
  if (!arrays.source_tokens.empty()) archive.add_texts("source_tokens", arrays.source_tokens);
  archive.close();
}

}  // namespace heed
