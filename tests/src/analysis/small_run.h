#pragma once

#include <ATen/ATen.h>

#include <memory>
#include <string>

#include "models/model_builder.h"
#include "models/sequence_model.h"
#include "tests/train/tasks/pair_rows.h"
#include "train/tasks/task.h"

namespace heed {

/// Rows of 16 positions with four queries each, and a model of two layers of two heads for them, in
/// double precision, its weights not small.
struct SmallRun {
  static constexpr int64_t heads = 2, width = 8, head_width = width / heads;

  std::unique_ptr<Task> task = prepared_task("recall", {{"pairs", int64_t{4}},
                                                        {"length", int64_t{16}},
                                                        {"vocabulary", int64_t{8}},
                                                        {"evaluation_rows", int64_t{40}}});
  std::shared_ptr<SequenceModel> model = make_model();

  /// The columns of W_O that read a head: scaling them scales what the head gives.
  at::Tensor columns_of(int64_t layer, int64_t head) const {
    const auto name = "encoder.layer" + std::to_string(layer) + ".attention.output_weight";
    return model->named_parameters()[name].narrow(1, head * head_width, head_width);
  }

 private:
  std::shared_ptr<SequenceModel> make_model() const {
    const auto builder = ModelRegistry::instance().make("transformer");
    OptionList list;
    builder->describe(list);
    for (const auto& [name, value] :
         {std::pair{"layers", int64_t{2}}, {"heads", heads}, {"d_model", width}})
      *std::get<int64_t*>(list.find(name)->target) = value;
    at::manual_seed(3);
    auto made = builder->build(task->shape());
    made->to(at::kDouble);
    made->eval();
    const at::NoGradGuard no_gradients;
    for (auto& parameter : made->parameters())
      if (parameter.dim() == 2) parameter.normal_(0, 0.4);
    return made;
  }
};

}  // namespace heed
