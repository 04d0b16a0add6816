#include "train/distributed/distributed_evaluation.h"

#include <nlohmann/json.hpp>

namespace heed {
namespace {

using nlohmann::json;

json to_json(const RowSums& sums) { return {sums.values, sums.counts}; }
RowSums row_sums(const json& value) { return {.values = value.at(0), .counts = value.at(1)}; }

}  // namespace

Evaluation evaluate(SequenceModel& model, const Task& task, Split split, Communicator& ranks) {
  const auto source = task.rows(split);
  const auto mine = ranks.shard(source.rows);
  EvaluationSums all;
  for (const auto& bytes :
       ranks.gather(to_bytes(sum_rows(model, task, source, mine.first, mine.end))))
    all.append(sums_from_bytes(bytes));
  return all.result(task.loss_unit());
}

// MessagePack keeps numbers that are not finite; JSON text does not.
std::string to_bytes(const EvaluationSums& sums) {
  json scores = json::array();
  for (const auto& score : sums.scores.all)
    scores.push_back({score.measure, score.by, score.bucket, score.correct, score.total});
  const json value = {{"losses", to_json(sums.losses)}, {"exact", to_json(sums.exact)},
                      {"excess", to_json(sums.excess)}, {"rows", sums.rows},
                      {"tokens", sums.tokens},          {"characters", sums.characters},
                      {"scores", scores},               {"hits", sums.alignment.hits()},
                      {"links", sums.alignment.links()}};
  std::string bytes;
  json::to_msgpack(value, bytes);
  return bytes;
}

EvaluationSums sums_from_bytes(const std::string& bytes) {
  const auto value = json::from_msgpack(bytes);
  EvaluationSums sums{.losses = row_sums(value.at("losses")),
                      .exact = row_sums(value.at("exact")),
                      .excess = row_sums(value.at("excess")),
                      .rows = value.at("rows"),
                      .tokens = value.at("tokens"),
                      .characters = value.at("characters"),
                      .alignment = AlignmentErrors(value.at("hits"), value.at("links"))};
  for (const auto& score : value.at("scores"))
    sums.scores.count(score.at(0), score.at(1), score.at(2), score.at(3).get<int64_t>(),
                      score.at(4).get<int64_t>());
  return sums;
}

}  // namespace heed
