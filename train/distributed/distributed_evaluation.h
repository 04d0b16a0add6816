#pragma once

#include <string>

#include "train/distributed/communicator.h"
#include "train/evaluation.h"

namespace heed {

/// The same as evaluate() with one process: each rank evaluates its share of the rows, and all get
/// the result for all rows.
Evaluation evaluate(SequenceModel& model, const Task& task, Split split, Communicator& ranks);

/// Sums as bytes for another process, bit for bit, and back.
std::string to_bytes(const EvaluationSums& sums);
EvaluationSums sums_from_bytes(const std::string& bytes);

}  // namespace heed
