#include "src/experiment/vocabulary_file.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/train/error_of.h"
#include "tests/train/files/memory_limit.h"
#include "tests/train/files/temporary_folder.h"
#include "train/files/file.h"

namespace heed {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(VocabularyFile, IsReadAsItWasWritten) {
  const TemporaryFolder folder;
  write_vocabulary(folder / "v.json", {.unit = "character", .tokens = {"\n", "\"", "é", "😀"}});
  EXPECT_EQ(
      read_file(folder / "v.json"),
      "{\n\"unit\": \"character\",\n\"tokens\": [\n\"\\n\",\n\"\\\"\",\n\"é\",\n\"😀\"\n]\n}\n");
  const auto read = read_vocabulary(folder / "v.json");
  EXPECT_EQ(read.vocabulary().unit, "character");
  EXPECT_THAT(read.vocabulary().tokens, ::testing::ElementsAre("\n", "\"", "é", "😀"));
}

TEST(VocabularyFile, ADamagedFileIsAnError) {
  const TemporaryFolder folder;
  for (const std::string bad :
       {R"({"unit": "word")", "[]", R"({"unit": 3, "tokens": ["a"]})",
        R"({"unit": "word", "tokens": []})", R"({"unit": "word", "tokens": "a"})",
        R"({"unit": "word", "tokens": ["a", 3]})", R"({"unit": "word", "tokens": ["a", ["b"]]})",
        R"({"unit": "word", "tokens": ["a", {"b": 1}]})", R"({"unit": "word", "other": ["a"]})",
        R"({"unit": "word", "tokens": ["a", "a"]})"}) {
    write_file(folder / "v.json", bad);
    EXPECT_THAT(error_of([&] { read_vocabulary(folder / "v.json"); }),
                HasSubstr("v.json is damaged"))
        << bad;
  }
}

// Words of three letters, as many as the file may hold, which need the most memory.
std::vector<std::string> short_words(uint64_t bytes) {
  std::vector<std::string> words;
  for (uint64_t i = 0; i * 6 < bytes; ++i) {
    std::string word;
    for (uint64_t rest = i, letter = 0; letter < 3; ++letter, rest /= 90)
      word += static_cast<char>('#' + (rest % 90 == '\\' - '#' ? 90 : rest % 90));
    words.push_back(word);
  }
  return words;
}

TEST(VocabularyFile, TheLargestFileStaysWithinTheMemoryLimit) {
  const TemporaryFolder folder;
  const auto words = short_words(max_vocabulary_file - 64);
  std::string content = R"({"unit":"word","tokens":[")" + words[0];
  for (size_t i = 1; i < words.size(); ++i) content += "\",\"" + words[i];
  content += "\"]}";
  ASSERT_LE(content.size(), max_vocabulary_file);
  write_file(folder / "v.json", content);
  const MemoryLimit limit(4 * content.size() + (uint64_t{64} << 20));
  EXPECT_EQ(read_vocabulary(folder / "v.json").size(), std::ssize(words));
}

TEST(VocabularyFile, ALargerFileIsNeitherReadNorWritten) {
  const TemporaryFolder folder;
  folder.write("v.json", std::string(max_vocabulary_file + 1, ' '));
  EXPECT_THAT(error_of([&] { read_vocabulary(folder / "v.json"); }),
              HasSubstr("v.json: expected a file of at most 4194304 bytes"));
  EXPECT_THAT(error_of([&] {
                write_vocabulary(folder / "w.json",
                                 {.unit = "word", .tokens = short_words(max_vocabulary_file)});
              }),
              AllOf(HasSubstr("w.json: expected a vocabulary of at most 4194304 bytes, got 699051"),
                    HasSubstr("task.vocabulary keeps the most frequent")));
  EXPECT_FALSE(std::filesystem::exists(folder / "w.json"));
}

}  // namespace
}  // namespace heed
