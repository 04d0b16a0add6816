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
#include "train/data/token_links.h"
#include "train/files/safetensors.h"

namespace heed {

/// What was recorded of one sentence.
struct AttentionArrays {
  std::map<AttentionKind, at::Tensor> maps = {};  ///< [L, B, H, T, S], float32 on the CPU
  std::vector<std::string> tokens = {};           ///< of the sequence
  std::vector<std::string> source_tokens = {};    ///< of its source; empty where it has none
  /// What a sequence made from a source says at each position: the token behind the one that is
  /// read there.
  std::vector<std::string> written = {};
  std::vector<int64_t> layers = {};    ///< the numbers of the L layers; empty: 0, 1, ...
  std::vector<int64_t> heads = {};     ///< of the H heads
  std::optional<int64_t> second = {};  ///< where the second of two texts begins
  std::optional<int64_t> prompt = {};  ///< how many tokens were given; those behind were generated
  std::vector<TokenLinks> links = {};  ///< where heads should look, as far as the task knows

  int64_t layer(int64_t index) const;  ///< the number of the layer at `index` of the maps
  int64_t head(int64_t index) const;
};

/// All that was recorded, as AttentionArrays::maps.
std::map<AttentionKind, at::Tensor> recorded_maps(const AttentionRecorder& recorder);

/// The key of a kind's maps in NumPy: "attn" for a model with one stack, else the kind's name.
std::string array_name(AttentionKind kind);

struct DumpOptions {
  bool float16 = false;      ///< maps as float16: off by at most 2^-12
  bool safetensors = false;  ///< the same beside it as attention.safetensors
};

/// An attention.npz, of one sentence or of many; nothing of them is held in memory. Arrays:
///   attn, or encoder, decoder, cross   the maps of a kind each
///   tokens, source_tokens, written     texts
///   second, prompt                     int64, a single number each
///   links           int64 [n, 3]: index of the kind, query, key
///   link_kinds      texts, a kind each, and link_to_source, int64: 1 where its keys are positions
///                   of the source
///   layers, heads   int64, the numbers of what the maps hold
/// What a sentence has none of is left out. In a dump of many each name but the last two ends with
/// the sentence's number, "attn_00001", and `sentences`, int64, lists these.
///
/// In attention.safetensors numbers are tensors of the same names; texts are metadata, each a JSON
/// array. So are "kinds", "layer_names" and "head_names"; "links" there is an array of objects with
/// kind, from, to, to_source, and pairs of query and key.
///
/// Errors as for NpzWriter and SafetensorsWriter.
class AttentionDump {
 public:
  /// Into `folder`, which is there.
  explicit AttentionDump(const std::filesystem::path& folder, const DumpOptions& options = {});

  /// All sentences come with a number of their own, or one comes without. They hold the same
  /// layers, heads and kinds.
  void add(const AttentionArrays& arrays, std::optional<int64_t> number = {});

  /// Without it nothing is written.
  void close();

  /// What close() has written.
  uintmax_t bytes() const;

 private:
  void add_numbers(const std::string& name, const at::Tensor& numbers);
  void add_texts(const std::string& name, const std::vector<std::string>& texts);
  void add_links(const std::vector<TokenLinks>& links, const std::string& suffix);
  void add_shape(const AttentionArrays& arrays);

  std::filesystem::path npz_path_, safetensors_path_;
  DumpOptions options_;
  NpzWriter npz_;
  std::unique_ptr<SafetensorsWriter> safetensors_;
  std::vector<int64_t> numbers_;
  bool shape_known_ = false;
};

/// A dump of one sentence in `folder`, which is there; returns its bytes.
uintmax_t write_attention_arrays(const AttentionArrays& arrays, const std::filesystem::path& folder,
                                 const DumpOptions& options = {});

}  // namespace heed
