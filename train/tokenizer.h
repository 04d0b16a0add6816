#pragma once

#include <cstdint>
#include <string>
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

/// Text to token numbers and back.
class Tokenizer {
 public:
  /// Throws std::runtime_error if the vocabulary is empty, names a token twice or an unknown unit.
  explicit Tokenizer(Vocabulary vocabulary);

  /// Throws std::runtime_error for invalid UTF-8, or for what the vocabulary lacks (unless it has
  /// "<unk>"), with line and column. `origin` names the text in such an error: a file's path, "the
  /// prompt".
  std::vector<int64_t> encode(const std::string& text, const std::string& origin) const;
  /// The same for a text that split_units has cut up.
  std::vector<int64_t> encode_units(const std::vector<std::string>& units,
                                    const std::string& origin) const;
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
  std::unordered_map<std::string, int64_t> ids_;
  std::vector<double> characters_;
};

/// Cuts a text into units, before any vocabulary: characters (UTF-8 code points), bytes, or words,
/// which white space separates and whose line ends become "<eos>". Throws as Tokenizer::encode.
std::vector<std::string> split_units(const std::string& text, const std::string& unit,
                                     const std::string& origin);

/// All units of a text: characters and bytes in the order of their code, words by falling frequency
/// (then in alphabetical order) behind "<unk>". `limit` > 0 keeps the most frequent words, "<unk>"
/// counted.
Vocabulary make_vocabulary(const std::vector<std::string>& units, const std::string& unit,
                           int64_t limit = 0);

}  // namespace heed
