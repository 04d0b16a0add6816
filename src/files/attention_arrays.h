#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/attention/attention_recorder.h"
#include "src/files/npz.h"
#include "train/data/batch.h"
#include "train/files/safetensors.h"

namespace heed {

/// What was recorded of one sentence.
struct AttentionArrays {
  std::map<AttentionKind, at::Tensor> maps = {};  ///< [L, B, H, T, S], float32 on the CPU
  std::vector<std::string> tokens = {};           ///< of the sequence
  std::vector<std::string> source_tokens = {};    ///< of its source; empty where it has none
  /// For a sequence that answers a source: what the model writes at each position, the token after
  /// the one that it reads there.
  std::vector<std::string> written = {};
  std::vector<int64_t> layers = {};    ///< the numbers of the L layers; empty: 0, 1, ...
  std::vector<int64_t> heads = {};     ///< of the H heads
  std::optional<int64_t> second = {};  ///< where the second of two texts begins
  std::optional<int64_t> prompt = {};  ///< tokens of the prompt; those after it were generated
  std::vector<GoldLinks> links = {};  ///< gold links: where heads should look

  int64_t layer(int64_t index) const;  ///< the number of the layer at `index` of the maps
  int64_t head(int64_t index) const;
};

/// All recorded maps, as in AttentionArrays::maps.
std::map<AttentionKind, at::Tensor> recorded_maps(const AttentionRecorder& recorder);

/// The key of a kind's maps in NumPy: "attn" for a model with one stack, else the name of the kind.
std::string array_name(AttentionKind kind);

struct DumpOptions {
  bool float16 = false;      ///< maps as float16: off by at most 2^-12
  bool safetensors = false;  ///< also writes attention.safetensors
};

/// Writes an attention.npz of one sentence or many. The sentences are not held in memory. Arrays:
///   attn, or encoder, decoder, cross   the maps, one array per kind
///   tokens, source_tokens, written     texts
///   second, prompt                     int64, one number each
///   links           int64 [n, 3]: index of the kind, query, key
///   link_kinds      texts, one per kind of link
///   link_to_source  int64, one per kind of link: 1 if its keys are positions of the source
///   layers, heads   int64, the numbers of the layers and heads in the maps
/// Empty arrays are left out. In a dump of many sentences, each name but the last two ends with the
/// sentence's number, "attn_00001", and `sentences`, int64, lists the numbers.
///
/// In attention.safetensors, numbers are tensors of the same names, and texts are metadata: one
/// JSON array each, and also "kinds", "layer_names" and "head_names". "links" is an array of
/// objects with kind, from, to, to_source, and pairs of query and key.
///
/// Errors as for NpzWriter and SafetensorsWriter.
class AttentionDump {
 public:
  /// Writes into `folder`, which must exist.
  explicit AttentionDump(const std::filesystem::path& folder, const DumpOptions& options = {});

  /// Either each sentence has its own number, or there is only one, without a number. All have the
  /// same layers, heads and kinds.
  void add(const AttentionArrays& arrays, std::optional<int64_t> number = {});

  /// Writes the files. Without this call nothing is written.
  void close();

  /// The number of bytes that close() wrote.
  uintmax_t bytes() const;

 private:
  void add_numbers(const std::string& name, const at::Tensor& numbers);
  void add_texts(const std::string& name, const std::vector<std::string>& texts);
  void add_links(const std::vector<GoldLinks>& links, const std::string& suffix);
  void add_shape(const AttentionArrays& arrays);

  std::filesystem::path npz_path_, safetensors_path_;
  DumpOptions options_;
  NpzWriter npz_;
  std::unique_ptr<SafetensorsWriter> safetensors_;
  std::vector<int64_t> numbers_;
  bool shape_known_ = false;
};

/// Writes a dump of one sentence into `folder`, which must exist. Returns its size in bytes.
uintmax_t write_attention_arrays(const AttentionArrays& arrays, const std::filesystem::path& folder,
                                 const DumpOptions& options = {});

}  // namespace heed
