#include "src/attend/sentences.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>

namespace heed {
namespace {

// The non-empty lines of a file, each with its number.
class Lines {
 public:
  explicit Lines(const std::string& file) : file_(file) {
    if (std::filesystem::is_directory(file)) fail(EISDIR);
    errno = 0;
    in_.open(file, std::ios::binary);
    if (!in_) fail(errno ? errno : EIO);
  }

  std::optional<Sentence> next() {
    for (std::string line; std::getline(in_, line);) {
      ++number_;
      if (line.ends_with('\r')) line.pop_back();
      if (!line.empty()) return sentence(line);
    }
    if (in_.bad()) fail(errno ? errno : EIO);
    return std::nullopt;
  }

 private:
  Sentence sentence(const std::string& line) const {
    const auto origin = fmt::format("{}:{}", file_, number_);
    const auto tab = line.find('\t');
    Sentence sentence{.number = number_,
                      .name = fmt::format("line{:04}", number_),
                      .text = Text{.words = line.substr(0, tab), .origin = origin}};
    if (tab == std::string::npos) return sentence;
    if (line.find('\t', tab + 1) != std::string::npos)
      throw std::runtime_error(
          origin + ": expected a text, or two with a tab between them, got more than one tab");
    sentence.second = Text{.words = line.substr(tab + 1), .origin = origin};
    return sentence;
  }

  [[noreturn]] void fail(int reason) const {
    throw std::runtime_error(fmt::format("cannot read {}: {}", file_, std::strerror(reason)));
  }

  std::string file_;
  std::ifstream in_;
  int64_t number_ = 0;
};

int64_t count_lines(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  int64_t count = 0;
  for (std::string line; std::getline(in, line);) count += !line.empty() && line != "\r";
  return count;
}

}  // namespace

Sentences given_text(const Text& first, const std::optional<Text>& second) {
  return {.next =
              [sentence = std::optional(Sentence{.text = first, .second = second})]() mutable {
                return std::exchange(sentence, std::nullopt);
              },
          .total = 1};
}

Sentences lines_of_file(const std::string& file) {
  const auto lines = std::make_shared<Lines>(file);
  Sentences sentences{.next = [lines] { return lines->next(); }};
  if (!std::filesystem::is_regular_file(file)) return sentences;  // a pipe is read once
  sentences.total = count_lines(file);
  if (sentences.total == 0)
    throw std::runtime_error(file + ": expected one text per line, got none");
  return sentences;
}

Sentences rows_of_split(const Task& task, Split split, int64_t count) {
  const int64_t rows = task.evaluation_rows(split);
  const std::string name = split == Split::test ? "test" : "validation";
  if (count > rows)
    throw ConfigError(
        fmt::format("--sample: expected at most {}, the rows of the {} split, got {}; for "
                    "generated tasks, task.evaluation_rows sets their number",
                    rows, name, count));
  return {.next = [count, row = int64_t{0}]() mutable -> std::optional<Sentence> {
            if (row == count) return std::nullopt;
            ++row;
            return Sentence{.number = row, .name = fmt::format("sample{:04}", row)};
          },
          .total = count};
}

}  // namespace heed
