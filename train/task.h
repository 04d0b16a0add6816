#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/options.h"
#include "models/registry.h"
#include "models/sequence.h"
#include "train/data/token_links.h"
#include "train/data/tokenizer.h"
#include "train/evaluation.h"

namespace heed {

enum class Split { train, validation, test };

/// What a model is shown and what it should have answered.
struct Batch {
  SequenceInput input;
  /// [B, T] int64 for per-position classes, not_scored where nothing is asked; [B] int64 for
  /// per-sequence classes; [B, O] numbers for regression.
  at::Tensor targets = {};
  /// [B, T] int64, where the task knows it: which source position each target stands for,
  /// not_scored where none.
  at::Tensor alignment = {};
  /// [B, T] int64, or undefined: a second source position that a target stands for just as well,
  /// not_scored where there is none.
  at::Tensor also_aligned = {};
  /// In the shape of the answers, or undefined: the number by which a right or wrong answer is
  /// counted (a distance, a length), not_scored where an answer is asked for and not counted.
  at::Tensor groups = {};

  /// The rows [first, first + count).
  Batch narrow(int64_t first, int64_t count) const;

  /// On the options' device; numbers that a model reads in their type, where they name one.
  Batch to(const at::TensorOptions& options) const;
};

constexpr int64_t not_scored = -1;

/// What a task needs to know besides its own options before it can make data.
struct TaskSetup {
  uint64_t seed = 1;
  int64_t context = 64;  ///< positions in a row, for tasks whose rows have no length of their own
  /// An earlier run's: the task then needs no corpus until a batch is asked for.
  std::shared_ptr<const Tokenizer> tokenizer = {};
};

/// What a task is, for people: `heed info task NAME`.
struct TaskCard {
  std::string definition;  ///< what a row is, and what is asked
  std::string judged;      ///< the loss and the measures
  std::string source;      ///< where it comes from
};

/// What a model gets that has not understood the task.
struct Baseline {
  std::string measure;                ///< "loss", or the name of a score
  std::string formula;                ///< "ln 2"
  std::optional<double> value = {};   ///< a loss, or an accuracy from 0 to 1; empty: needs data
  std::string who = "knows nothing";  ///< what such a model does: "picks any shown value"
};

/// Something to learn: where the data come from, what is asked, how an answer is judged.
///
/// Data are rows, numbered from 0 within a split; a row is a function of seed, split and number
/// alone. Hence a training resumes, or is shared out, by number, and no generator's state has to be
/// saved.
class Task : public Configurable {
 public:
  /// To be called once, after the options are set. Throws std::runtime_error that names the file or
  /// the setting that does not serve.
  virtual void prepare(const TaskSetup& setup) = 0;

  virtual SequenceShape shape() const = 0;

  /// Rows [first, first + count) of a split.
  virtual Batch batch(Split split, int64_t first, int64_t count) const = 0;

  /// How many rows the whole validation or test split has; 0 where there is none.
  virtual int64_t evaluation_rows(Split split) const = 0;

  /// The rows of a split, for evaluate().
  RowSource rows(Split split) const;

  /// The rows that a text makes. Throws std::runtime_error where the task has no text, or for a
  /// text that does not serve; `origin` names it then.
  virtual RowSource rows_of_text(const std::string& text, const std::string& origin) const = 0;

  virtual TaskCard card() const = 0;

  /// What a model that has not understood gets, the plainest first. After prepare().
  virtual std::vector<Baseline> baselines() const = 0;

  /// A small row worked out, in lines of at most 80 columns. Of a task fresh from its registry,
  /// which it prepares as it needs.
  virtual std::string example() = 0;

  /// What `losses` are measured in.
  virtual LossUnit loss_unit() const { return LossUnit::nats; }

  /// The score that says best whether a model has understood; empty: the loss does.
  virtual std::string main_measure() const { return ""; }

  /// Mean loss over what is scored, to train on: cross-entropy in nats unless a task says
  /// otherwise.
  virtual at::Tensor loss(const at::Tensor& output, const Batch& batch) const;

  /// The same one by one, in the shape of `scored`: zero where nothing is asked.
  virtual at::Tensor losses(const at::Tensor& output, const Batch& batch) const;

  /// Which answers count: [B, T] or [B] bool.
  virtual at::Tensor scored(const Batch& batch) const;

  /// What an exact predictor loses, in the shape of `losses`, where the task has one.
  virtual std::optional<at::Tensor> exact_losses(const Batch& batch) const;

  /// Adds what the task measures besides the loss. `output` are the answers to `batch`.
  virtual void score(const at::Tensor& output, const Batch& batch, Evaluation& evaluation) const;

  /// The true links of a batch, a kind each, where the task knows them: where a head should look.
  virtual std::vector<TokenLinks> gold_links(const Batch& batch) const;

  /// The entropy, in nats a scored position, that no honest model can go below, where it is known.
  virtual std::optional<double> bound() const { return std::nullopt; }

  /// Whether the tokens are text, of which bits per character can be told.
  virtual bool is_text() const { return false; }

  /// Null where the input is not made of tokens.
  virtual const Tokenizer* tokenizer() const { return nullptr; }

  /// The source's, for tasks whose sequences are made from one; `tokenizer` is then the target's.
  virtual const Tokenizer* source_tokenizer() const { return nullptr; }

  /// For such tasks: the token of the target's vocabulary that stands before the first, and the one
  /// that ends it.
  virtual int64_t start_token() const { return not_scored; }
  virtual int64_t end_token() const { return not_scored; }

  /// What generation starts from if the user gives nothing; the source, where there is one.
  virtual std::string default_prompt() const { return ""; }
};

using TaskRegistry = Registry<Task>;

}  // namespace heed
