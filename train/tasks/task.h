#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/options.h"
#include "models/registry.h"
#include "models/sequence.h"
#include "train/data/batch.h"
#include "train/data/tokenizer.h"

namespace heed {

/// What losses are measured in.
enum class LossUnit { nats, squared_error };

/// How often an answer was correct: for one measure, in all (`by` is empty) or in one bucket of a
/// breakdown.
struct Score {
  std::string measure;  ///< "agreement"
  std::string by;       ///< "distance", or empty
  std::string bucket;   ///< "2-3", or empty
  int64_t correct = 0;
  int64_t total = 0;
  double accuracy() const {
    return total ? static_cast<double>(correct) / static_cast<double>(total) : 0;
  }
};

/// All scores of a set of rows.
struct Scores {
  std::vector<Score> all = {};

  /// Counts one answer under a measure (`by` is empty) or a bucket of its breakdown.
  void count(const std::string& measure, const std::string& by, const std::string& bucket,
             bool correct);
  /// The same for `total` answers, `correct` of them correct.
  void count(const std::string& measure, const std::string& by, const std::string& bucket,
             int64_t correct, int64_t total);
  /// Null if nothing was counted there.
  const Score* find(const std::string& measure, const std::string& by = "",
                    const std::string& bucket = "") const;
  /// Sorts the buckets of each breakdown by their numbers.
  void sort_buckets();
};

/// What a task needs to know besides its own options before it can make data.
struct TaskSetup {
  uint64_t seed = 1;
  int64_t context = 64;  ///< positions per row, for tasks whose rows have no length of their own
  /// An earlier run's: the task then reads no corpus until a batch is asked for.
  std::shared_ptr<const Tokenizer> tokenizer = {};
};

/// The description of a task that `heed info task NAME` prints.
struct TaskCard {
  std::string definition;  ///< what a row is, and what is asked
  std::string judged;      ///< the loss and the measures
  std::string source;      ///< where the task comes from
};

/// What a model reaches that has not learned the task.
struct Baseline {
  std::string measure;                ///< "loss", or the name of a score
  std::string formula;                ///< "ln 2"
  std::optional<double> value = {};   ///< a loss, or an accuracy from 0 to 1; empty: needs data
  std::string who = "knows nothing";  ///< what such a model does: "picks any value shown"
};

/// Something to learn: it makes the data, says what is asked, and scores the answers.
///
/// Data are rows, numbered from 0 within a split. A row is a function of seed, split and number
/// alone, so that training can be resumed or shared out by row number, without saving a
/// generator's state.
class Task : public Configurable {
 public:
  /// Call once, after the options are set. Throws std::runtime_error that names the unusable file
  /// or setting.
  virtual void prepare(const TaskSetup& setup) = 0;

  virtual SequenceShape shape() const = 0;

  /// Rows [first, first + count) of a split.
  virtual Batch batch(Split split, int64_t first, int64_t count) const = 0;

  /// How many rows the whole validation or test split has; 0 if there is none.
  virtual int64_t evaluation_rows(Split split) const = 0;

  /// The rows of a split, for evaluate().
  RowSource rows(Split split) const;

  /// The rows made from a text. Throws std::runtime_error if the task reads no text or cannot read
  /// this one; `origin` names it in the error.
  virtual RowSource rows_of_text(const std::string& text, const std::string& origin) const = 0;

  virtual TaskCard card() const = 0;

  /// What models reach that have not learned the task, the simplest first. Call after prepare().
  virtual std::vector<Baseline> baselines() const = 0;

  /// A small row worked out, in lines of at most 80 columns. Call it on a task fresh from its
  /// registry: it prepares the task itself.
  virtual std::string example() = 0;

  /// The unit of `losses`.
  virtual LossUnit loss_unit() const { return LossUnit::nats; }

  /// The score that shows best whether a model has learned the task; empty: the loss does.
  virtual std::string main_measure() const { return ""; }

  /// The training loss, a mean over scored positions: cross-entropy in nats by default.
  virtual at::Tensor loss(const at::Tensor& output, const Batch& batch) const;

  /// The same per answer, in the shape of `scored`; zero where nothing is asked.
  virtual at::Tensor losses(const at::Tensor& output, const Batch& batch) const;

  /// Which answers count: [B, T] or [B] bool.
  virtual at::Tensor scored(const Batch& batch) const;

  /// The losses of an exact predictor, in the shape of `losses`, if the task has one.
  virtual std::optional<at::Tensor> exact_losses(const Batch& batch) const;

  /// Adds what the task measures besides the loss. `output` is the model's output for `batch`.
  virtual void score(const at::Tensor& output, const Batch& batch, Scores& scores) const;

  /// The true links of a batch, one element per kind, if the task knows them: where a head should
  /// look.
  virtual std::vector<GoldLinks> gold_links(const Batch& batch) const;

  /// The entropy in nats per scored position, below which no model can get, if it is known.
  virtual std::optional<double> bound() const { return std::nullopt; }

  /// Whether the tokens are text, so that bits per character make sense.
  virtual bool is_text() const { return false; }

  /// Null if the input is not made of tokens.
  virtual const Tokenizer* tokenizer() const { return nullptr; }

  /// For tasks that make a sequence from a source: the source's; `tokenizer` is the target's.
  virtual const Tokenizer* source_tokenizer() const { return nullptr; }

  /// For such tasks: the tokens of the target's vocabulary that come before the first word and
  /// after the last.
  virtual int64_t start_token() const { return not_scored; }
  virtual int64_t end_token() const { return not_scored; }

  /// What generation starts from by default; a source, if the task has sources.
  virtual std::string default_prompt() const { return ""; }
};

using TaskRegistry = Registry<Task>;

}  // namespace heed
