#include "src/analysis/sentence_sample.h"

#include <algorithm>

namespace heed {

at::Tensor SentenceSample::mask_links(size_t batch) const {
  const auto& targets = batches[batch].targets;
  if (targets.dim() != 2 || targets.is_floating_point()) return {};
  const auto mask = at::zeros(targets.sizes(), at::kBool);
  bool any = false;
  for (const auto& kind : gold_links[batch])
    for (const auto& link : kind.links) {
      if (!kind.decides) continue;
      mask.data_ptr<bool>()[link.row * targets.size(1) + link.query] = true;
      any = true;
    }
  return any ? mask.to(targets.device()).logical_and(targets.ne(not_scored)) : at::Tensor();
}

SentenceSample draw_sentences(const Task& task, Split split, int64_t count,
                              const at::TensorOptions& like, int64_t batch_rows) {
  SentenceSample sentences;
  sentences.count = std::min(count, task.evaluation_rows(split));
  for (int64_t first = 0; first < sentences.count; first += batch_rows) {
    const auto batch = task.batch(split, first, std::min(batch_rows, sentences.count - first));
    sentences.gold_links.push_back(task.gold_links(batch));
    sentences.batches.push_back(batch.to(like));
  }
  return sentences;
}

}  // namespace heed
