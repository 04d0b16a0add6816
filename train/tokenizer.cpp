#include "train/tokenizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <stdexcept>

#include "train/utf8.h"

namespace heed {
namespace {

std::string byte_token(unsigned char byte) {
  return byte < 0x80 ? std::string(1, static_cast<char>(byte)) : fmt::format("<0x{:02X}>", byte);
}

std::vector<std::string> split_words(const std::string& text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : text) {
    const bool space = c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v';
    if (!space) {
      word += c;
      continue;
    }
    if (!word.empty()) words.push_back(std::move(word));
    word.clear();
    if (c == '\n') words.push_back(end_of_line);
  }
  if (!word.empty()) words.push_back(word);
  return words;
}

// Where unit `index` of a text stands, for people: line and column, counted from 1.
std::string position_of(const std::vector<std::string>& units, size_t index) {
  int64_t line = 1, column = 1;
  for (size_t i = 0; i < index; ++i) {
    const bool ends_line = units[i] == "\n" || units[i] == end_of_line;
    line += ends_line;
    column = ends_line ? 1 : column + 1;
  }
  return fmt::format("{}:{}", line, column);
}

}  // namespace

std::vector<std::string> split_units(const std::string& text, const std::string& unit,
                                     const std::string& origin) {
  if (unit == "byte") {
    std::vector<std::string> bytes;
    bytes.reserve(text.size());
    for (const char c : text) bytes.push_back(byte_token(static_cast<unsigned char>(c)));
    return bytes;
  }
  auto characters = utf8_characters(text, origin);  // words too must be valid UTF-8
  return unit == "word" ? split_words(text) : characters;
}

Vocabulary make_vocabulary(const std::vector<std::string>& units, const std::string& unit,
                           int64_t limit) {
  std::map<std::string, int64_t> counts;
  for (const auto& one : units) ++counts[one];
  Vocabulary vocabulary{.unit = unit, .tokens = {}};
  if (unit != "word") {  // a std::map of UTF-8 or of byte tokens is in the order of the code
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
  for (const auto& token : vocabulary_.tokens) {
    if (!ids_.emplace(token, static_cast<int64_t>(ids_.size())).second)
      throw std::runtime_error(fmt::format("the vocabulary holds \"{}\" twice", token));
    const auto length = static_cast<double>(utf8_characters(token, "the vocabulary").size());
    const bool one = unit != "word" || token == end_of_line;
    characters_.push_back(one ? 1 : length + 1);
  }
}

std::vector<int64_t> Tokenizer::encode(const std::string& text, const std::string& origin) const {
  auto units = split_units(text, vocabulary_.unit, origin);
  if (vocabulary_.unit == "word" && !ids_.count(end_of_line)) std::erase(units, end_of_line);
  return encode_units(units, origin);
}

std::vector<int64_t> Tokenizer::encode_units(const std::vector<std::string>& units,
                                             const std::string& origin) const {
  const auto unknown = ids_.find(unknown_word);
  std::vector<int64_t> result;
  result.reserve(units.size());
  for (size_t i = 0; i < units.size(); ++i) {
    const auto found = ids_.find(units[i]);
    if (found == ids_.end() && unknown == ids_.end())
      throw std::runtime_error(
          fmt::format("{}:{}: the {} \"{}\" is not among the {} that this run was trained on",
                      origin, position_of(units, i), vocabulary_.unit, units[i], size()));
    result.push_back(found == ids_.end() ? unknown->second : found->second);
  }
  return result;
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
    } else if (vocabulary_.unit == "byte" && one.size() > 1) {
      text += static_cast<char>(std::stoi(one.substr(3, 2), nullptr, 16));
    } else {
      text += one;
    }
  }
  return text;
}

}  // namespace heed
