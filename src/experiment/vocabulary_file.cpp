#include "src/experiment/vocabulary_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "train/files/file.h"

namespace heed {
namespace {

using Json = nlohmann::json;

// Tokens are taken out of the JSON tree while it is parsed: there they would take three times the
// memory.
Vocabulary parse(const std::string& content) {
  Vocabulary vocabulary;
  vocabulary.tokens.reserve(
      static_cast<size_t>(std::count(content.begin(), content.end(), '"') / 2));
  std::string key;
  const auto take = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::key) key = parsed.get<std::string>();
    if (depth < 2) return true;
    if (depth == 2 && key == "tokens")  // throws if it is not a string
      vocabulary.tokens.push_back(std::move(parsed.get_ref<std::string&>()));
    return false;
  };
  const auto rest = Json::parse(content, take);
  vocabulary.unit = rest.at("unit");
  if (!rest.at("tokens").is_array())
    throw std::runtime_error(
        fmt::format("expected an array of tokens, got {}", rest.at("tokens").dump()));
  return vocabulary;
}

}  // namespace

void write_vocabulary(const std::filesystem::path& path, const Vocabulary& vocabulary) {
  const nlohmann::ordered_json value = {{"unit", vocabulary.unit}, {"tokens", vocabulary.tokens}};
  const auto content = value.dump(0) + "\n";
  if (content.size() > max_vocabulary_file)
    throw std::runtime_error(
        fmt::format("{}: expected a vocabulary of at most {} bytes, got {} words in {} bytes; "
                    "task.vocabulary keeps the most frequent ones",
                    path.string(), max_vocabulary_file, vocabulary.tokens.size(), content.size()));
  write_file(path, content);
}

Tokenizer read_vocabulary(const std::filesystem::path& path) {
  auto content = read_small_file(path, max_vocabulary_file);
  try {
    auto vocabulary = parse(content);
    content = {};
    return Tokenizer(std::move(vocabulary));
  } catch (const std::exception& error) {
    throw std::runtime_error(fmt::format("{} is damaged: {}", path.string(), error.what()));
  }
}

}  // namespace heed
