#include "models/transformer/transformer_options.h"

#include <torch/nn/init.h>

#include <cmath>
#include <stdexcept>

#include "models/positions/positional_encoding.h"

namespace heed {

void TransformerOptions::describe(OptionList& list) {
  list.add("layers", &layers, "layers of each stack").at_least(1);
  list.add("heads", &heads, "attention heads per layer; they divide d_model").at_least(1);
  list.add("d_model", &d_model, "width of the model").at_least(1);
  list.add("feed_forward", &feed_forward, "a feed-forward network in each layer");
  list.add("d_ff", &d_ff, "width of the feed-forward network; 0: four times d_model").at_least(0);
  list.add("position", &position, "positional encoding")
      .one_of(PositionRegistry::instance().names());
  list.add("activation", &activation, "of the feed-forward network");
  list.add("norm", &norm, "layer norm before (pre) or after (post) each block");
  list.add("norm_type", &norm_type, "centred and scaled (layer), or only scaled (rms)");
  list.add("query_key_norm", &query_key_norm, "queries and keys of equal length");
  list.add("bias", &bias, "biases in projections and norms");
  list.add("tied", &tied, "the output layer shares the token embedding");
  list.add("init", &init, "standard deviation of the initial weights; 0: 1 / sqrt(d_model)")
      .at_least(0);
  list.add("init_output", &init_output,
           "weights that write into the residual stream: smaller with the depth (scaled), or zero "
           "as the output layer then is");
  list.add("logit_softcap", &logit_softcap, "bound of the logits, approached as by tanh; 0: none")
      .at_least(0);
  list.add("dropout", &dropout, "probability, while training").at_least(0).below(1);
}

void TransformerOptions::check() const {
  if (d_model % heads != 0)
    throw OptionError("heads", "expected a divisor of d_model = " + std::to_string(d_model) +
                                   ", got " + std::to_string(heads));
  try {
    PositionRegistry::instance().make(position)->build_for_attention(heads, d_model / heads);
  } catch (const std::invalid_argument& error) {
    throw OptionError("position", error.what());
  }
}

at::Tensor TransformerOptions::softcap(const at::Tensor& logits) const {
  return logit_softcap > 0 ? (logits / logit_softcap).tanh() * logit_softcap : logits;
}

EncoderOptions TransformerOptions::stack(AttentionKind recorded_as) const {
  return {.layers = layers,
          .width = d_model,
          .heads = heads,
          .feed_forward = feed_forward ? (d_ff > 0 ? d_ff : 4 * d_model) : 0,
          .activation = activation,
          .norm_first = norm == NormPlacement::pre,
          .norm_type = norm_type,
          .query_key_norm = query_key_norm,
          .bias = bias,
          .dropout = dropout,
          .position = position,
          .recorded_as = recorded_as};
}

AttentionMask TransformerOptions::attention_mask(int64_t length, bool is_causal,
                                                 const at::Tensor& lengths,
                                                 at::Device device) const {
  AttentionMask mask;
  mask.lengths = lengths;
  mask.causal = is_causal;
  mask.window = attention.pattern->sparse_window();
  if (mask.window > 0) return mask;
  mask.mask = attention.pattern->mask(length, length, is_causal);
  if (mask.mask.defined()) mask.mask = mask.mask.to(device);
  return mask;
}

AttentionMask TransformerOptions::last_query_mask(int64_t length, at::Device device) const {
  const auto pattern = attention.pattern->mask(1, length, /*causal=*/true);
  return pattern.defined() ? pattern.to(device) : pattern;
}

void initialise_transformer(torch::nn::Module& model, const TransformerOptions& options,
                            int64_t writes) {
  // GPT-2's 0.02 is near 1 / sqrt(d_model) for its widths; in a narrow model it leaves attention
  // uniform for hundreds of steps.
  const double init =
      options.init > 0 ? options.init : 1 / std::sqrt(static_cast<double>(options.d_model));
  const double deep = init / std::sqrt(static_cast<double>(writes));
  for (auto& parameter : model.named_parameters()) {
    const auto& name = parameter.key();
    const bool writes_into_stream =
        name.ends_with("attention.output_weight") || name.ends_with("outer.weight");
    const bool zero =
        options.init_output == OutputInit::zero && (writes_into_stream || name == "output.weight");
    const bool pair_table = name.ends_with("pair_embedding.weight");
    if (name.ends_with("bias") || zero || pair_table)
      torch::nn::init::zeros_(parameter.value());
    else if (writes_into_stream)
      torch::nn::init::normal_(parameter.value(), 0, deep);
    else if (name.ends_with("weight") && parameter.value().dim() > 1)  // a norm stays at one
      torch::nn::init::normal_(parameter.value(), 0, init);
  }
}

}  // namespace heed
