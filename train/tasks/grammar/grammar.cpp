#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "train/data/batch.h"
#include "train/tasks/objective.h"
#include "train/data/random.h"
#include "train/tasks/grammar/grammar_language.h"
#include "train/tasks/grammar/grammar_links.h"
#include "train/tasks/task.h"

namespace heed {
namespace {

using Tokens = std::vector<int64_t>;

std::string distance_bucket(int64_t distance) {
  if (distance <= 1) return "1";
  if (distance <= 3) return "2-3";
  if (distance <= 6) return "4-6";
  if (distance <= 10) return "7-10";
  return "11+";
}

std::string attractor_bucket(int64_t attractors) {
  return attractors >= 3 ? "3+" : std::to_string(attractors);
}

/// Next-word prediction on the built-in language. A row starts with a sentence and continues with
/// as many as it needs; its first word is given. Measures: "agreement", the right number of a verb
/// is likelier than the wrong one, by distance to the subject and by attractors; "reference", a
/// noun named again is likelier than the sentence's other noun.
class GrammarTask : public Task {
 public:
  void describe(OptionList& list) override {
    list.add("evaluation_rows", &evaluation_rows_, "rows of the validation and of the test split")
        .at_least(1);
    objective_.describe(list);
  }

  void prepare(const TaskSetup& setup) override {
    setup_ = setup;
    auto words = language_.words();
    if (objective_.masked()) words.push_back(mask_word);
    tokenizer_.emplace(Vocabulary{.unit = "word", .tokens = words});
    bound_ = language_.mean_entropy(setup.context);
  }

  SequenceShape shape() const override {
    return {.vocabulary = tokenizer_->size(),
            .context = objective_.context(),
            .output_width = tokenizer_->size(),
            .max_length = setup_.context};
  }

  Batch batch(Split split, int64_t first, int64_t count) const override {
    std::vector<Tokens> rows;
    for (int64_t row = first; row < first + count; ++row) rows.push_back(make_row(split, row));
    return asked(next_token_batch(rows), split, first);
  }

  int64_t evaluation_rows(Split) const override { return evaluation_rows_; }

  // Each row has as many whole sentences as fit.
  RowSource rows_of_text(const std::string& text, const std::string& origin) const override {
    std::vector<Tokens> rows(1);
    const auto limit = static_cast<size_t>(setup_.context) + 1;
    for (const auto& sentence : split_sentences(language_, tokenizer_->encode(text, origin))) {
      if (sentence.size() > limit)
        throw std::runtime_error(
            fmt::format("{}: expected sentences of at most train.context + 1 = {} words, "
                        "got one of {}",
                        origin, limit, sentence.size()));
      if (rows.back().size() + sentence.size() > limit) rows.emplace_back();
      rows.back().insert(rows.back().end(), sentence.begin(), sentence.end());
    }
    std::erase_if(rows, [](const Tokens& row) { return row.size() < 2; });
    if (rows.empty())
      throw std::runtime_error(fmt::format("{}: expected at least 2 words, got fewer", origin));
    return {.rows = static_cast<int64_t>(rows.size()),
            .batch = [this, rows](int64_t first, int64_t count) {
              return asked(next_token_batch({rows.begin() + first, rows.begin() + first + count}),
                           Split::test, first);
            }};
  }

  std::optional<at::Tensor> exact_losses(const Batch& batch) const override {
    if (objective_.masked()) return std::nullopt;
    auto losses = at::zeros(batch.targets.sizes(), at::kDouble);
    const auto rows = read_rows(batch);
    for (size_t b = 0; b < rows.size(); ++b) {
      double* const row = losses[static_cast<int64_t>(b)].data_ptr<double>();
      int64_t belief = language_.start();
      for (size_t t = 0; t < rows[b].size(); ++t) {
        const int64_t word = rows[b][t];
        const double probability =
            belief < 0 ? 0 : language_.next_word(belief)[static_cast<size_t>(word)];
        if (t > 0) row[t - 1] = -std::log(probability);
        belief = belief < 0 ? belief : language_.advance(belief, word);
      }
    }
    return losses.to(batch.targets.device());
  }

  void score(const at::Tensor& output, const Batch& batch, Scores& scores) const override {
    if (objective_.masked()) return;  // the links of masked words are not known
    const auto probabilities = output.softmax(-1).to(at::kDouble).cpu().contiguous();  // [B, T, V]
    const auto rows = read_rows(batch);
    for (size_t b = 0; b < rows.size(); ++b) {
      const auto row = probabilities[static_cast<int64_t>(b)];
      int64_t start = 0;
      for (const auto& sentence : split_sentences(language_, rows[b])) {
        score_sentence(row, sentence, start, scores);
        start += static_cast<int64_t>(sentence.size());
      }
    }
  }

  std::vector<GoldLinks> gold_links(const Batch& batch) const override {
    if (objective_.masked()) return {};  // the links of masked words are not known
    return grammar_links(language_, read_rows(batch));
  }

  std::optional<double> bound() const override {
    return objective_.masked() ? std::nullopt : std::optional(bound_);
  }
  std::string default_prompt() const override { return "the"; }
  const Tokenizer* tokenizer() const override { return &*tokenizer_; }
  bool is_text() const override { return true; }
  std::string main_measure() const override { return objective_.masked() ? "" : "agreement"; }

  TaskCard card() const override {
    return {.definition =
                "Sentences of a built-in English-like language with nested clauses; the answer is "
                "the next word, or masked words (task.objective).",
            .judged =
                "Cross-entropy at every word, compared with the exact predictor on the same words. "
                "\"agreement\": the verb's right number is likelier than the wrong one; by "
                "distance to its subject and by attractors, nouns of the other number in between. "
                "\"reference\": a noun named again is likelier than the sentence's other noun.",
            .source = "After Linzen, Dupoux & Goldberg 2016 (1611.01368); the language is heed's"};
  }

  std::vector<Baseline> baselines() const override {
    const int64_t words = tokenizer_->size();
    return {{.measure = "loss",
             .formula = fmt::format("ln {}", words),
             .value = std::log(static_cast<double>(words))},
            {.measure = "agreement", .formula = "1 / 2", .value = 0.5}};
  }

  std::string example() override {
    prepare({.seed = 1, .context = 12});
    const auto row = make_row(Split::train, 0);
    return fmt::format("reads    {}\nanswers  {}\n",
                       tokenizer_->decode({row.begin(), row.end() - 1}),
                       tokenizer_->decode({row.begin() + 1, row.end()}));
  }

 private:
  Batch asked(Batch rows, Split split, int64_t first) const {
    return objective_.apply(std::move(rows), setup_.seed, split, first, tokenizer_->size() - 1);
  }

  Tokens make_row(Split split, int64_t row) const {
    Random random(setup_.seed, static_cast<uint64_t>(split), static_cast<uint64_t>(row));
    const auto length = static_cast<size_t>(setup_.context) + 1;
    Tokens tokens;
    while (tokens.size() < length) {
      const auto sentence = language_.sample([&random] { return random.uniform(); });
      tokens.insert(tokens.end(), sentence.words.begin(), sentence.words.end());
    }
    tokens.resize(length);
    return tokens;
  }

  // The rows that a batch was made of: the inputs and the last target.
  static std::vector<Tokens> read_rows(const Batch& batch) {
    const auto values = batch.input.values.cpu(), targets = batch.targets.cpu();
    std::vector<Tokens> rows;
    for (int64_t b = 0; b < values.size(0); ++b) {
      Tokens row = {values[b][0].item<int64_t>()};
      const auto* asked = targets[b].const_data_ptr<int64_t>();
      for (int64_t t = 0; t < targets.size(1) && asked[t] != not_scored; ++t)
        row.push_back(asked[t]);
      rows.push_back(std::move(row));
    }
    return rows;
  }

  // `row` [T, V]: probabilities of each next word. The sentence starts at position `start`.
  void score_sentence(const at::Tensor& row, const Tokens& sentence, int64_t start,
                      Scores& scores) const {
    for (const auto& link : known_links(language_, sentence)) {
      const auto* before = row[start + link.from - 1].const_data_ptr<double>();
      if (link.kind == Link::Kind::verb_subject) score_agreement(before, sentence, link, scores);
      if (link.kind == Link::Kind::mention_antecedent)
        score_reference(before, sentence, link, scores);
    }
  }

  void score_agreement(const double* probabilities, const Tokens& sentence, const Link& link,
                       Scores& scores) const {
    const auto number = language_.traits(sentence[static_cast<size_t>(link.from)]).number;
    double right_number = 0, wrong_number = 0;
    for (int64_t word = 0; word < tokenizer_->size(); ++word) {
      const auto& traits = language_.traits(word);
      if (traits.is_present_verb())
        (traits.number == number ? right_number : wrong_number) += probabilities[word];
    }
    const bool right = right_number > wrong_number;
    scores.count("agreement", "", "", right);
    scores.count("agreement", "distance", distance_bucket(link.distance()), right);
    scores.count("agreement", "attractors", attractor_bucket(link.attractors), right);
  }

  void score_reference(const double* probabilities, const Tokens& sentence, const Link& link,
                       Scores& scores) const {
    const int64_t meant = sentence[static_cast<size_t>(link.from)];
    bool right = true;
    for (const int64_t word : sentence)
      if (language_.traits(word).is_noun() && word != meant)
        right = right && probabilities[meant] > probabilities[word];
    scores.count("reference", "", "", right);
  }

  static const GrammarLanguage& shared_language() {
    static const GrammarLanguage language;
    return language;
  }

  const GrammarLanguage& language_ = shared_language();
  std::optional<Tokenizer> tokenizer_;
  Objective objective_;
  int64_t evaluation_rows_ = 2048;
  TaskSetup setup_;
  double bound_ = 0;
};

const Registration<Task, GrammarTask> grammar_registration{
    "grammar",
    "a built-in English-like language whose exact entropy is known: agreement and reference"};

}  // namespace
}  // namespace heed
