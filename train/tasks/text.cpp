#include <ATen/Dispatch.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <mutex>
#include <stdexcept>

#include "train/data/batch.h"
#include "train/tasks/objective.h"
#include "train/data/random.h"
#include "train/files/file.h"
#include "train/tasks/task.h"

namespace heed {
namespace {

// Most texts need only a byte or two per token.
at::ScalarType smallest_type(int64_t vocabulary) {
  return vocabulary <= 256 ? at::kByte : vocabulary <= 32'768 ? at::kShort : at::kInt;
}

struct TextOptions {
  std::vector<std::string> path;
  std::string unit = "character";
  int64_t vocabulary = 0;
  double validation = 0.1;
  double test = 0;
};

/// Next-token prediction on the user's text. The corpus is split by position: training, validation,
/// test. Training rows are windows at random positions; evaluation rows are adjoining blocks that
/// cover a whole split.
class TextTask : public Task {
 public:
  void describe(OptionList& list) override {
    auto& o = options_;
    list.add("path", &o.path, "your text file, or a list of files to join");
    list.add("unit", &o.unit, "what a token is").one_of({"character", "byte", "word"});
    list.add("vocabulary", &o.vocabulary,
             "size limit of a vocabulary of words, <unk> included; 0: no limit")
        .at_least(0);
    list.add("validation", &o.validation, "share of the corpus, after the training part")
        .above(0)
        .below(1);
    list.add("test", &o.test, "share of the corpus, at its end").at_least(0).below(1);
    objective_.describe(list);
  }

  void check() const override {
    if (options_.validation + options_.test >= 1)
      throw OptionError("test", fmt::format("expected validation + test below 1, got {} + {}",
                                            options_.validation, options_.test));
    if (options_.vocabulary == 1)
      throw OptionError("vocabulary",
                        "expected 0 (all) or at least 2, got 1: it would hold only <unk>");
  }

  void prepare(const TaskSetup& setup) override {
    setup_ = setup;
    for (auto& path : options_.path) path = std::filesystem::absolute(path).lexically_normal();
    if (setup.tokenizer) {
      tokenizer_ = setup.tokenizer;
      return;
    }
    const auto corpus = read_corpus();
    auto vocabulary = make_vocabulary(count_units(corpus), options_.unit, options_.vocabulary);
    if (objective_.masked()) vocabulary.tokens.push_back(mask_word);
    tokenizer_ = std::make_shared<Tokenizer>(std::move(vocabulary));
    tokenise(corpus);
  }

  SequenceShape shape() const override {
    return {.vocabulary = tokenizer_->size(),
            .context = objective_.context(),
            .output_width = tokenizer_->size(),
            .max_length = setup_.context};
  }

  Batch batch(Split split, int64_t first, int64_t count) const override {
    const auto& tokens = part(split);
    const int64_t context = setup_.context;
    if (split != Split::train)
      return asked(adjoining_blocks(tokens, context, first, count), split, first);
    auto windows = at::empty({count, context + 1}, at::kLong);
    for (int64_t row = 0; row < count; ++row) {
      Random random(setup_.seed, 0, static_cast<uint64_t>(first + row));
      const int64_t start = random.below(tokens.size(0) - context);
      windows[row].copy_(tokens.narrow(0, start, context + 1));
    }
    return asked(next_token_batch(windows), split, first);
  }

  int64_t evaluation_rows(Split split) const override {
    return adjoining_block_count(part(split), setup_.context);
  }

  RowSource rows_of_text(const std::string& text, const std::string& origin) const override {
    const auto ids = tokenizer_->encode(text, origin);
    if (ids.size() < 2)
      throw std::runtime_error(
          fmt::format("{}: expected at least 2 tokens, of which the first predicts the "
                      "second, got {}",
                      origin, ids.size()));
    const auto tokens = at::tensor(ids, at::kLong);
    const int64_t context = setup_.context;
    return {.rows = adjoining_block_count(tokens, context),
            .batch = [this, tokens, context](int64_t first, int64_t count) {
              return asked(adjoining_blocks(tokens, context, first, count), Split::test, first);
            }};
  }

  const Tokenizer* tokenizer() const override { return tokenizer_.get(); }
  bool is_text() const override { return true; }

  TaskCard card() const override {
    return {.definition =
                "Windows of your text files (task.path); the answer is the next character, byte or "
                "word, or masked ones (task.objective).",
            .judged = "Cross-entropy at every token; bits per character.",
            .source = "Your files"};
  }

  std::vector<Baseline> baselines() const override {
    if (!tokenizer_) return {{.measure = "loss", .formula = "ln V, V the size of the vocabulary"}};
    return {{.measure = "loss",
             .formula = fmt::format("ln {}", tokenizer_->size()),
             .value = std::log(static_cast<double>(tokenizer_->size()))}};
  }

  std::string example() override {
    return "reads    t h e   c a t   s a t\nanswers  h e   c a t   s a t .\n";
  }

  std::string default_prompt() const override {
    const auto& tokens = tokenizer_->vocabulary().tokens;
    const bool has_line_ends = std::find(tokens.begin(), tokens.end(), "\n") != tokens.end() ||
                               std::find(tokens.begin(), tokens.end(), end_of_line) != tokens.end();
    return has_line_ends ? "\n" : tokens.front();
  }

 private:
  Batch asked(Batch rows, Split split, int64_t first) const {
    return objective_.apply(std::move(rows), setup_.seed, split, first, tokenizer_->size() - 1);
  }

  std::string name() const { return fmt::format("{}", fmt::join(options_.path, ", ")); }

  struct File {
    std::string path, content;
  };

  std::vector<File> read_corpus() const {
    if (options_.path.empty())
      throw OptionError(
          "path",
          "expected the path of a text file, got nothing; set it in the config or with "
          "--set task.path=FILE");
    std::vector<File> files;
    for (const auto& path : options_.path) {
      if (!std::filesystem::is_regular_file(path))
        throw OptionError(
            "path", fmt::format("expected a text file, got \"{}\", which is not a file", path));
      auto content = read_file(path);
      if (content.empty())
        throw std::runtime_error(fmt::format("{}: expected a text, got an empty file", path));
      files.push_back({path, std::move(content)});
    }
    return files;
  }

  // Words are counted in the training part only; characters and bytes of the whole corpus count,
  // since an alphabet is known beforehand.
  UnitCounts count_units(const std::vector<File>& corpus) const {
    const auto each = [&](const std::function<void(std::string_view)>& take) {
      for (const auto& [path, content] : corpus) each_unit(content, options_.unit, path, take);
    };
    size_t left = std::numeric_limits<size_t>::max();
    if (options_.unit == "word") {
      size_t words = 0;
      each([&](std::string_view) { ++words; });
      left = train_share(words);
    }
    UnitCounts counts;
    each([&](std::string_view unit) {
      if (left == 0) return;
      counts.add(unit);
      --left;
    });
    return counts;
  }

  size_t train_share(size_t size) const {
    const double share = 1 - options_.validation - options_.test;
    return static_cast<size_t>(share * static_cast<double>(size) + 1e-6);
  }

  void tokenise(const std::vector<File>& corpus) const {
    std::vector<at::Tensor> tokens;
    for (const auto& [path, content] : corpus) {
      tokens.push_back(encode_file(content, path));
    }
    const auto all = tokens.size() == 1 ? tokens[0] : at::cat(tokens);
    const int64_t size = all.size(0);
    const auto train = static_cast<int64_t>(train_share(static_cast<size_t>(size)));
    const auto test = static_cast<int64_t>(options_.test * static_cast<double>(size));
    parts_ = {all.narrow(0, 0, train), all.narrow(0, train, size - train - test),
              all.narrow(0, size - test, test)};
    check_length(parts_[0], "training");
    check_length(parts_[1], "validation");
    if (test > 0) check_length(parts_[2], "test");
  }

  // Counts first, since a growing list would take many times the memory of a large text.
  at::Tensor encode_file(const std::string& content, const std::string& path) const {
    int64_t count = 0;
    tokenizer_->each_token(content, path, [&count](int64_t) { ++count; });
    const auto type = smallest_type(tokenizer_->size());
    const auto tokens = at::empty({count}, type);
    AT_DISPATCH_INTEGRAL_TYPES(type, "encode_file", [&] {
      auto* to = tokens.data_ptr<scalar_t>();
      tokenizer_->each_token(content, path,
                             [&to](int64_t id) { *to++ = static_cast<scalar_t>(id); });
    });
    return tokens;
  }

  void check_length(const at::Tensor& tokens, const std::string& part) const {
    if (tokens.size(0) > setup_.context) return;
    throw std::runtime_error(
        fmt::format("{}: the {} part is shorter than a window: expected more than train.context = "
                    "{} tokens, got {}; use more text or a shorter context",
                    name(), part, setup_.context, tokens.size(0)));
  }

  // Reads the corpus on first use if prepare() did not need it, with an earlier run's vocabulary.
  const at::Tensor& part(Split split) const {
    std::call_once(read_, [this] {
      if (parts_.empty()) tokenise(read_corpus());
    });
    return parts_[static_cast<size_t>(split)];
  }

  TextOptions options_;
  Objective objective_;
  TaskSetup setup_;
  std::shared_ptr<const Tokenizer> tokenizer_;
  mutable std::once_flag read_;
  mutable std::vector<at::Tensor> parts_;  // by Split: [tokens] of the smallest_type()
};

const Registration<Task, TextTask> text_registration{
    "text", "predict the next character, byte or word of your text files"};

}  // namespace
}  // namespace heed
