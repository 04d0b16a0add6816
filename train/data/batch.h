#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "models/sequence.h"

namespace heed {

enum class Split { train, validation, test };

/// The target of a position that asks for nothing.
constexpr int64_t not_scored = -1;

/// What a model reads, and the answers it should give.
struct Batch {
  SequenceInput input;
  /// [B, T] int64 for classes per position, not_scored where nothing is asked; [B] int64 for
  /// classes per sequence; [B, O] numbers for regression.
  at::Tensor targets = {};
  /// [B, T] int64 if the task knows it: the source position that each target stands for,
  /// not_scored where there is none.
  at::Tensor alignment = {};
  /// [B, T] int64 or undefined: a second source position that is equally right, not_scored where
  /// there is none.
  at::Tensor also_aligned = {};
  /// In the shape of the targets, or undefined: the group of each answer, such as a distance or a
  /// length, by which scores are broken down. not_scored: the scores leave this answer out.
  at::Tensor groups = {};

  /// The rows [first, first + count).
  Batch narrow(int64_t first, int64_t count) const;

  /// Moved to the options' device. Floating-point inputs also take the options' type, if any.
  Batch to(const at::TensorOptions& options) const;
};

/// Rows to evaluate on: how many there are, and a batch of the rows [first, first + count).
struct RowSource {
  int64_t rows = 0;
  std::function<Batch(int64_t first, int64_t count)> batch;
};

/// Where the answer to one position's question is.
struct GoldLink {
  int64_t row = 0;            ///< of the batch
  int64_t query = 0;          ///< the position of the sequence that should look
  std::vector<int64_t> keys;  ///< where it should look; each of them is right
  int64_t heuristic = -1;     ///< where a simpler rule would look, -1 if it names no position
};

/// The true links of one kind in a batch: from verbs to their subjects, from queries to values.
struct GoldLinks {
  std::string name;            ///< "subject": heads that follow it have the role "link:subject"
  std::string from;            ///< what the query is: "verb"
  std::string to;              ///< what the keys are: "its subject's noun"
  std::string heuristic = {};  ///< the simpler rule, "the most recent noun"; empty: there is none
  bool to_source = false;      ///< keys are positions of the source, else of the sequence itself
  bool decides = true;         ///< the links decide the answers that are scored at their queries
  std::vector<GoldLink> links = {};
};

/// Inputs are all tokens of the windows [B, T + 1] but the last, targets all but the first.
Batch next_token_batch(const at::Tensor& windows);

/// The same for rows of different lengths, each of at least 2 tokens: padded at the end, with
/// lengths.
Batch next_token_batch(const std::vector<std::vector<int64_t>>& rows);

/// Blocks [first, first + count) of a token stream [N], which is cut into blocks of `context`
/// inputs without overlap. Each predicts one token further; the last may be shorter, and its
/// missing positions are not scored. All blocks together score the tokens 1 to N - 1.
Batch adjoining_blocks(const at::Tensor& tokens, int64_t context, int64_t first, int64_t count);
int64_t adjoining_block_count(const at::Tensor& tokens, int64_t context);

/// One row of a batch as a batch of one, without its padding: values [1, T] or [1, T, C] and
/// source [1, S].
SequenceInput one_row(const SequenceInput& batch, int64_t row);

}  // namespace heed
