#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace heed {

/// The tokens of a run. It keeps them to read text later as it did in training.
struct Vocabulary {
  std::string unit;                 ///< "character", "byte" or "word"
  std::vector<std::string> tokens;  ///< UTF-8, by id; bytes beyond ASCII are written "<0xE9>"
};

inline const std::string unknown_word = "<unk>";
inline const std::string end_of_line = "<eos>";

/// A hash map from units of text to numbers.
struct UnitHash {
  using is_transparent = void;  // lookups by view make no strings
  size_t operator()(std::string_view unit) const { return std::hash<std::string_view>{}(unit); }
};
using UnitNumbers = std::unordered_map<std::string, int64_t, UnitHash, std::equal_to<>>;

/// Text to token numbers and back.
class Tokenizer {
 public:
  /// Throws std::runtime_error if the vocabulary is empty, names a token twice or an unknown unit.
  explicit Tokenizer(Vocabulary vocabulary);

  /// Throws std::runtime_error with line and column for invalid UTF-8, or for a unit that the
  /// vocabulary lacks (unless it has "<unk>"). `origin` names the text in the error: a file's path,
  /// or "the prompt". Line ends between words are dropped if the vocabulary has no token for them.
  std::vector<int64_t> encode(std::string_view text, const std::string& origin) const;
  /// The same, token by token.
  void each_token(std::string_view text, const std::string& origin,
                  const std::function<void(int64_t)>& take) const;
  std::string decode(const std::vector<int64_t>& ids) const;

  int64_t size() const { return static_cast<int64_t>(vocabulary_.tokens.size()); }
  const Vocabulary& vocabulary() const { return vocabulary_; }
  const std::string& token(int64_t id) const {
    return vocabulary_.tokens.at(static_cast<size_t>(id));
  }
  /// How many characters of text a token stands for; a word counts the space after it.
  double characters(int64_t id) const { return characters_.at(static_cast<size_t>(id)); }
  /// What decode() puts between two tokens.
  std::string separator() const { return vocabulary_.unit == "word" ? " " : ""; }

 private:
  Vocabulary vocabulary_;
  UnitNumbers ids_;
  std::vector<double> characters_;
};

/// Calls `take` for each unit of a text, before there is a vocabulary: for characters (UTF-8 code
/// points), bytes, or words, which white space separates and whose line ends become "<eos>". Throws
/// the errors of Tokenizer::encode.
void each_unit(std::string_view text, const std::string& unit, const std::string& origin,
               const std::function<void(std::string_view)>& take);

/// Counts how often each unit occurs.
class UnitCounts {
 public:
  void add(std::string_view unit);
  const UnitNumbers& counts() const { return counts_; }

 private:
  UnitNumbers counts_;
};

/// Makes a vocabulary from counts: characters and bytes in the order of their codes; words after
/// "<unk>", the most frequent first, equally frequent ones in alphabetical order. `limit` > 0 keeps
/// that many of the most frequent words, "<unk>" included.
Vocabulary make_vocabulary(const UnitCounts& counted, const std::string& unit, int64_t limit = 0);

}  // namespace heed
