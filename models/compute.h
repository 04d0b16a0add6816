#pragma once

#include <c10/core/ScalarType.h>
#include <c10/util/FunctionRef.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "models/options.h"

namespace heed {

/// What computes float32 on a CPU. Everything else always uses LibTorch's operators.
enum class Kernels {
  fused,      ///< heed's own kernels, several operations per pass over memory, where they apply
  reference,  ///< the readable lines of models/, by LibTorch's operators one by one
};
template <>
inline constexpr auto enum_names<Kernels> = std::to_array<EnumName<Kernels>>(
    {{"fused", Kernels::fused}, {"reference", Kernels::reference}});

struct ComputeOptions {
  Kernels kernels = Kernels::fused;
  /// The products of linear layers read bfloat16 and add up in float32; everything else stays
  /// float32. Needs Kernels::fused and bfloat16_products_available().
  bool bfloat16_products = false;
};

/// The options of this thread.
const ComputeOptions& compute_options();

/// Sets the options of this thread during its lifetime. A backward pass computes as its forward
/// pass did.
class ComputeScope {
 public:
  explicit ComputeScope(const ComputeOptions& options);
  ~ComputeScope();
  ComputeScope(const ComputeScope&) = delete;
  ComputeScope& operator=(const ComputeScope&) = delete;

 private:
  ComputeOptions before_;
};

namespace fused {

/// How a block is computed.
enum class Path {
  fused,      ///< by kernels
  reference,  ///< by the readable operators, each of which may still have a kernel of its own
};

/// What a block needs besides arithmetic in float32 on the CPU.
struct Needs {
  double dropout = 0;              ///< the probability in effect, 0 outside training
  bool mask = false;               ///< an attention mask beyond causality and lengths
  bool window = false;             ///< sliding-window attention
  std::string_view position = {};  ///< the kind of position that adds to the scores; empty: none
  bool bias_gradient = false;      ///< the bias of the scores is trained
  bool norm_last = false;          ///< post-norm
  bool hook = false;               ///< an AttentionHook observes the heads
  bool cache = false;              ///< the keys and values of earlier steps
  bool attention_between_steps = false;  ///< a recurrent decoder's
};

/// The path of a block and, if it is the reference, the first reason for it.
class Choice {
 public:
  enum class Reason {
    none,       ///< the kernels run
    not_built,  ///< heed was built without models/fused/
    option,     ///< train.kernels = "reference"
    type,
    device,
    dropout,
    mask,
    window,
    position,
    bias_gradient,
    norm_last,
    hook,
    cache,
    attention_between_steps,
  };

  Path path() const { return reason_ == Reason::none ? Path::fused : Path::reference; }
  /// In the user's words: "dropout 0.1", "float64", "model.position = relative"; empty if fused.
  std::string reason() const;

  Choice(Reason reason = Reason::none) : reason_(reason) {}
  Choice(Reason reason, double dropout) : reason_(reason), dropout_(dropout) {}
  Choice(Reason reason, c10::ScalarType type) : reason_(reason), type_(type) {}
  Choice(Reason reason, std::string_view position) : reason_(reason), position_(position) {}

 private:
  Reason reason_;
  double dropout_ = 0;
  c10::ScalarType type_ = c10::kFloat;
  std::string_view position_;
};

}  // namespace fused

template <>
inline constexpr auto enum_names<fused::Path> = std::to_array<EnumName<fused::Path>>(
    {{"fused", fused::Path::fused}, {"reference", fused::Path::reference}});

/// Calls work(begin, end) on chunks of [0, count) of at least `grain` indices each, on LibTorch's
/// threads; directly, on this thread, if there is only one chunk. Results must not depend on how
/// the range was cut. A thread starts with `chunks_per_thread` chunks: with more than one, other
/// threads can take over some of them when its core is busy.
void parallel_for(int64_t count, int64_t grain, c10::function_ref<void(int64_t, int64_t)> work,
                  int64_t chunks_per_thread = 4);

}  // namespace heed
