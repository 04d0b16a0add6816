#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace heed {

/// What a run must keep to read text as it did in training.
struct Vocabulary {
  std::string unit;  ///< "character", "byte" or "word"
  std::vector<std::string>
      tokens;  ///< UTF-8, by id; a byte that is no ASCII character stands as "<0xE9>"
};

inline const std::string unknown_word = "<unk>";
inline const std::string end_of_line = "<eos>";

/// What belongs to each unit of text.
struct UnitHash {
  using is_transparent = void;  // found by views, no strings are made
  size_t operator()(std::string_view unit) const { return std::hash<std::string_view>{}(unit); }
};
using UnitNumbers = std::unordered_map<std::string, int64_t, UnitHash, std::equal_to<>>;

/// Text to token numbers and back.
class Tokenizer {
 public:
  /// Throws std::runtime_error if the vocabulary is empty, names a token twice or an unknown unit.
  explicit Tokenizer(Vocabulary vocabulary);

  /// Throws std::runtime_error for invalid UTF-8, or for what the vocabulary lacks (unless it has
  /// "<unk>"), with line and column. `origin` names the text in such an error: a file's path, "the
  /// prompt". Line ends between words are left out where the vocabulary has no use for them.
  std::vector<int64_t> encode(std::string_view text, const std::string& origin) const;
  /// The same, one by one.
  void each_token(std::string_view text, const std::string& origin,
                  const std::function<void(int64_t)>& take) const;
  std::string decode(const std::vector<int64_t>& ids) const;

  int64_t size() const { return static_cast<int64_t>(vocabulary_.tokens.size()); }
  const Vocabulary& vocabulary() const { return vocabulary_; }
  const std::string& token(int64_t id) const {
    return vocabulary_.tokens.at(static_cast<size_t>(id));
  }
  /// How many characters of text a token stands for; a word counts the space behind it.
  double characters(int64_t id) const { return characters_.at(static_cast<size_t>(id)); }
  /// What decode puts between two tokens.
  std::string separator() const { return vocabulary_.unit == "word" ? " " : ""; }

 private:
  Vocabulary vocabulary_;
  UnitNumbers ids_;
  std::vector<double> characters_;
};

/// Takes the units of a text one by one, before any vocabulary: characters (UTF-8 code points),
/// bytes, or words, which white space separates and whose line ends become "<eos>". Throws as
/// Tokenizer::encode.
void each_unit(std::string_view text, const std::string& unit, const std::string& origin,
               const std::function<void(std::string_view)>& take);

/// How often each unit occurs among some.
class UnitCounts {
 public:
  void add(std::string_view unit);
  const UnitNumbers& counts() const { return counts_; }

 private:
  UnitNumbers counts_;
};

/// What was counted as a vocabulary: characters and bytes in the order of their code, words by
/// falling frequency (then in alphabetical order) behind "<unk>". `limit` > 0 keeps the most
/// frequent words, "<unk>" counted.
Vocabulary make_vocabulary(const UnitCounts& counted, const std::string& unit, int64_t limit = 0);

}  // namespace heed
