#include "train/data/tokenizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <stdexcept>
#include <system_error>

#include "train/data/utf8.h"

namespace heed {
namespace {

std::string byte_token(unsigned char byte) {
  return byte < 0x80 ? std::string(1, static_cast<char>(byte)) : fmt::format("<0x{:02X}>", byte);
}

// The byte that a token stands for; other tokens of a vocabulary stay as they are.
std::string decode_bytes(const std::string& token) {
  unsigned char byte = 0;
  if (token.size() != 6 || !token.starts_with("<0x") || token[5] != '>') return token;
  const auto* end = token.data() + 5;
  const auto parsed = std::from_chars(token.data() + 3, end, byte, 16);
  return parsed.ec == std::errc() && parsed.ptr == end ? std::string(1, static_cast<char>(byte))
                                                       : token;
}

using Take = std::function<void(std::string_view)>;

void each_byte(std::string_view text, const Take& take) {
  std::array<std::string, 256> tokens;
  for (size_t byte = 0; byte < tokens.size(); ++byte)
    tokens[byte] = byte_token(static_cast<unsigned char>(byte));
  for (const char c : text) take(tokens[static_cast<unsigned char>(c)]);
}

void each_word(std::string_view text, const Take& take) {
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find_first_of(" \t\r\n\f\v", start), text.size());
    if (end > start) take(text.substr(start, end - start));
    if (end < text.size() && text[end] == '\n') take(end_of_line);
    start = end + 1;
  }
}

// The line and column of the next unit, counted from 1.
struct TextPosition {
  int64_t line = 1, column = 1;

  void pass(std::string_view unit) {
    const bool ends_line = unit == "\n" || unit == end_of_line;
    line += ends_line;
    column = ends_line ? 1 : column + 1;
  }
};

}  // namespace

void each_unit(std::string_view text, const std::string& unit, const std::string& origin,
               const Take& take) {
  if (unit == "byte") return each_byte(text, take);
  if (unit != "word") return each_utf8_character(text, origin, take);
  each_utf8_character(text, origin, [](std::string_view) {});  // words too must be valid UTF-8
  each_word(text, take);
}

void UnitCounts::add(std::string_view unit) {
  const auto found = counts_.find(unit);
  if (found == counts_.end())
    counts_.emplace(unit, 1);
  else
    ++found->second;
}

Vocabulary make_vocabulary(const UnitCounts& counted, const std::string& unit, int64_t limit) {
  // A map sorts by the codes of characters and of byte tokens.
  std::map<std::string, int64_t> counts(counted.counts().begin(), counted.counts().end());
  Vocabulary vocabulary{.unit = unit, .tokens = {}};
  if (unit != "word") {
    for (const auto& entry : counts) vocabulary.tokens.push_back(entry.first);
    return vocabulary;
  }
  counts.erase(unknown_word);
  std::vector<std::pair<std::string, int64_t>> words(counts.begin(), counts.end());
  std::stable_sort(words.begin(), words.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  if (limit > 0) words.resize(std::min(words.size(), static_cast<size_t>(limit - 1)));
  vocabulary.tokens.push_back(unknown_word);
  for (const auto& word : words) vocabulary.tokens.push_back(word.first);
  return vocabulary;
}

Tokenizer::Tokenizer(Vocabulary vocabulary) : vocabulary_(std::move(vocabulary)) {
  const auto& unit = vocabulary_.unit;
  if (unit != "character" && unit != "byte" && unit != "word")
    throw std::runtime_error(
        fmt::format("a vocabulary is of the unit character, byte or word, got \"{}\"", unit));
  if (vocabulary_.tokens.empty()) throw std::runtime_error("the vocabulary is empty");
  ids_.reserve(vocabulary_.tokens.size());
  characters_.reserve(vocabulary_.tokens.size());
  for (const auto& token : vocabulary_.tokens) {
    if (!ids_.emplace(token, static_cast<int64_t>(ids_.size())).second)
      throw std::runtime_error(fmt::format("the vocabulary holds \"{}\" twice", token));
    const auto length = static_cast<double>(utf8_characters(token, "the vocabulary").size());
    const bool one = unit != "word" || token == end_of_line;
    characters_.push_back(one ? 1 : length + 1);
  }
}

std::vector<int64_t> Tokenizer::encode(std::string_view text, const std::string& origin) const {
  std::vector<int64_t> result;
  each_token(text, origin, [&result](int64_t id) { result.push_back(id); });
  return result;
}

void Tokenizer::each_token(std::string_view text, const std::string& origin,
                           const std::function<void(int64_t)>& take) const {
  const auto unknown = ids_.find(unknown_word);
  TextPosition position;
  each_unit(text, vocabulary_.unit, origin, [&](std::string_view unit) {
    auto found = ids_.find(unit);
    if (found == ids_.end()) found = unknown;
    if (found != ids_.end())
      take(found->second);
    else if (vocabulary_.unit != "word" || unit != end_of_line)
      throw std::runtime_error(
          fmt::format("{}:{}:{}: the {} \"{}\" is not among the {} that this run was trained on",
                      origin, position.line, position.column, vocabulary_.unit, unit, size()));
    position.pass(unit);
  });
}

std::string Tokenizer::decode(const std::vector<int64_t>& ids) const {
  std::string text;
  const bool words = vocabulary_.unit == "word";
  for (const int64_t id : ids) {
    const auto& one = token(id);
    if (words && one == end_of_line) {
      text += '\n';
    } else if (words) {
      if (!text.empty() && text.back() != '\n') text += ' ';
      text += one;
    } else {
      text += vocabulary_.unit == "byte" ? decode_bytes(one) : one;
    }
  }
  return text;
}

}  // namespace heed
