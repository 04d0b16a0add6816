#include "src/files/attention_arrays.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace heed {
namespace {

using nlohmann::json;

template <typename T>
std::span<const T> view_values(const at::Tensor& tensor) {
  return {tensor.const_data_ptr<T>(), static_cast<size_t>(tensor.numel())};
}

void add_to(NpzWriter& npz, const std::string& name, const at::Tensor& numbers) {
  const auto shape = numbers.sizes().vec();
  if (numbers.scalar_type() == at::kHalf)
    npz.add_float16(name, shape, view_values<c10::Half>(numbers));
  else if (numbers.scalar_type() == at::kLong)
    npz.add_int64(name, shape, view_values<int64_t>(numbers));
  else
    npz.add_float32(name, shape, view_values<float>(numbers));
}

// One row per link and key: [n, 3].
at::Tensor link_rows(const std::vector<GoldLinks>& links) {
  std::vector<int64_t> rows;
  for (size_t kind = 0; kind < links.size(); ++kind)
    for (const auto& link : links[kind].links)
      for (const int64_t key : link.keys)
        rows.insert(rows.end(), {static_cast<int64_t>(kind), link.query, key});
  return at::tensor(rows, at::kLong).view({std::ssize(rows) / 3, 3});
}

json links_json(const std::vector<GoldLinks>& links) {
  auto all = json::array();
  for (const auto& kind : links) {
    auto pairs = json::array();
    for (const auto& link : kind.links)
      for (const int64_t key : link.keys) pairs.push_back({link.query, key});
    all.push_back({{"kind", kind.name},
                   {"from", kind.from},
                   {"to", kind.to},
                   {"to_source", kind.to_source},
                   {"pairs", pairs}});
  }
  return all;
}

std::vector<int64_t> list_numbers(const AttentionArrays& arrays, int64_t dimension,
                                  int64_t (AttentionArrays::*number)(int64_t) const) {
  std::vector<int64_t> numbers;
  if (arrays.maps.empty()) return numbers;
  const int64_t count = arrays.maps.begin()->second.size(dimension);
  for (int64_t i = 0; i < count; ++i) numbers.push_back((arrays.*number)(i));
  return numbers;
}

std::string names_json(const std::string& name, const std::vector<int64_t>& numbers) {
  auto names = json::array();
  for (const int64_t number : numbers) names.push_back(fmt::format("{} {}", name, number));
  return names.dump();
}

}  // namespace

int64_t AttentionArrays::layer(int64_t index) const {
  return layers.empty() ? index : layers.at(static_cast<size_t>(index));
}

int64_t AttentionArrays::head(int64_t index) const {
  return heads.empty() ? index : heads.at(static_cast<size_t>(index));
}

std::map<AttentionKind, at::Tensor> recorded_maps(const AttentionRecorder& recorder) {
  std::map<AttentionKind, at::Tensor> maps;
  for (const auto kind : recorder.kinds())
    maps[kind] = recorder.stacked(kind).to(at::kCPU, at::kFloat).contiguous();
  return maps;
}

std::string array_name(AttentionKind kind) {
  return kind == AttentionKind::self ? "attn" : to_string(kind);
}

AttentionDump::AttentionDump(const std::filesystem::path& folder, const DumpOptions& options)
    : npz_path_(folder / "attention.npz"),
      safetensors_path_(folder / "attention.safetensors"),
      options_(options),
      npz_(npz_path_) {
  if (options.safetensors) safetensors_ = std::make_unique<SafetensorsWriter>(safetensors_path_);
}

void AttentionDump::add_numbers(const std::string& name, const at::Tensor& numbers) {
  add_to(npz_, name, numbers);
  if (safetensors_) safetensors_->add(name, numbers);
}

void AttentionDump::add_texts(const std::string& name, const std::vector<std::string>& texts) {
  if (texts.empty()) return;
  npz_.add_texts(name, texts);
  if (safetensors_) safetensors_->add_metadata(name, json(texts).dump());
}

void AttentionDump::add_links(const std::vector<GoldLinks>& links, const std::string& suffix) {
  if (links.empty()) return;
  std::vector<std::string> kinds;
  std::vector<int64_t> to_source;
  for (const auto& kind : links) {
    kinds.push_back(kind.name);
    to_source.push_back(kind.to_source);
  }
  add_numbers("links" + suffix, link_rows(links));
  add_texts("link_kinds" + suffix, kinds);
  add_numbers("link_to_source" + suffix, at::tensor(to_source, at::kLong));
  if (safetensors_) safetensors_->add_metadata("links" + suffix, links_json(links).dump());
}

// The arrays that all sentences share.
void AttentionDump::add_shape(const AttentionArrays& arrays) {
  if (shape_known_) return;
  shape_known_ = true;
  const auto layers = list_numbers(arrays, 0, &AttentionArrays::layer);
  const auto heads = list_numbers(arrays, 2, &AttentionArrays::head);
  add_numbers("layers", at::tensor(layers, at::kLong));
  add_numbers("heads", at::tensor(heads, at::kLong));
  if (!safetensors_) return;
  auto kinds = json::array();
  for (const auto& [kind, map] : arrays.maps) kinds.push_back(array_name(kind));
  safetensors_->add_metadata("kinds", kinds.dump());
  safetensors_->add_metadata("layer_names", names_json("layer", layers));
  safetensors_->add_metadata("head_names", names_json("head", heads));
}

void AttentionDump::add(const AttentionArrays& arrays, std::optional<int64_t> number) {
  const auto suffix = number ? fmt::format("_{:05}", *number) : std::string();
  for (const auto& [kind, map] : arrays.maps)
    add_numbers(array_name(kind) + suffix,
                map.to(options_.float16 ? at::kHalf : at::kFloat).contiguous());
  add_texts("tokens" + suffix, arrays.tokens);
  add_texts("source_tokens" + suffix, arrays.source_tokens);
  add_texts("written" + suffix, arrays.written);
  if (arrays.second) add_numbers("second" + suffix, at::scalar_tensor(*arrays.second, at::kLong));
  if (arrays.prompt) add_numbers("prompt" + suffix, at::scalar_tensor(*arrays.prompt, at::kLong));
  add_links(arrays.links, suffix);
  add_shape(arrays);
  if (number) numbers_.push_back(*number);
}

void AttentionDump::close() {
  if (!numbers_.empty()) add_numbers("sentences", at::tensor(numbers_, at::kLong));
  npz_.close();
  if (safetensors_) safetensors_->close();
}

uintmax_t AttentionDump::bytes() const {
  return std::filesystem::file_size(npz_path_) +
         (safetensors_ ? std::filesystem::file_size(safetensors_path_) : 0);
}

uintmax_t write_attention_arrays(const AttentionArrays& arrays, const std::filesystem::path& folder,
                                 const DumpOptions& options) {
  AttentionDump dump(folder, options);
  dump.add(arrays);
  dump.close();
  return dump.bytes();
}

}  // namespace heed
