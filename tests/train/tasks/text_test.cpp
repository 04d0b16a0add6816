#include <gmock/gmock.h>

#include "tests/train/files/temporary_folder.h"
#include "train/tasks/task.h"

namespace heed {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

template <class Value>
void set(Task& task, const std::string& name, const Value& value) {
  OptionList list;
  task.describe(list);
  *std::get<Value*>(list.find(name)->target) = value;
}

std::unique_ptr<Task> text_task(const std::filesystem::path& path,
                                const std::string& unit = "character") {
  auto task = TaskRegistry::instance().make("text");
  set(*task, "path", std::vector<std::string>{path.string()});
  set(*task, "unit", unit);
  return task;
}

std::string decoded(const Task& task, const at::Tensor& ids) {
  const auto flat = ids.contiguous();
  return task.tokenizer()->decode(
      {flat.data_ptr<int64_t>(), flat.data_ptr<int64_t>() + flat.numel()});
}

std::string alphabet(int64_t repeats) {
  std::string text;
  for (int64_t i = 0; i < repeats; ++i) text += "abcdefghij";
  return text;
}

TEST(TextTask, TheSplitIsByPosition) {
  const TemporaryFolder folder;
  const auto path = folder.write("corpus", std::string(90, 'a') + "bbbbbccccc");
  const auto task = text_task(path);
  task->prepare({.context = 4});
  EXPECT_EQ(task->evaluation_rows(Split::validation), 3);  // 9 scored tokens in blocks of 4
  EXPECT_EQ(decoded(*task, task->batch(Split::validation, 0, 1).input.values[0]), "bbbb");
  EXPECT_EQ(task->evaluation_rows(Split::test), 0);
  EXPECT_EQ(decoded(*task, task->batch(Split::train, 0, 1).input.values[0]), "aaaa");
}

TEST(TextTask, ATrainingRowIsAWindowChosenByItsNumberAndTheSeed) {
  const TemporaryFolder folder;
  const auto path = folder.write("corpus", alphabet(100));
  const auto task = text_task(path), same = text_task(path), other = text_task(path);
  task->prepare({.seed = 1, .context = 8});
  same->prepare({.seed = 1, .context = 8});
  other->prepare({.seed = 2, .context = 8});
  const auto rows = task->batch(Split::train, 0, 20);
  EXPECT_TRUE(rows.input.values.slice(0, 5).equal(same->batch(Split::train, 5, 15).input.values));
  EXPECT_FALSE(rows.input.values.equal(other->batch(Split::train, 0, 20).input.values));
  EXPECT_TRUE(rows.targets.slice(1, 0, 7).equal(rows.input.values.slice(1, 1)));
  EXPECT_THAT(alphabet(3), HasSubstr(decoded(*task, rows.input.values[3])));
}

TEST(TextTask, SeveralFilesAreJoined) {
  const TemporaryFolder folder;
  const auto first = folder.write("first", std::string(95, 'a')),
             second = folder.write("second", "bbbbb");
  auto task = text_task(first);
  set(*task, "path", std::vector<std::string>{first.string(), second.string()});
  task->prepare({.context = 4});
  EXPECT_EQ(decoded(*task, task->batch(Split::validation, 1, 1).input.values[0]), "abbb");
}

TEST(TextTask, WordsUnseenInTrainingAreUnknown) {
  const TemporaryFolder folder;
  std::string text;
  for (int i = 0; i < 90; ++i) text += "yes ";
  for (int i = 0; i < 10; ++i) text += "no ";
  const auto task = text_task(folder.write("corpus", text), "word");
  task->prepare({.context = 4});
  EXPECT_EQ(task->shape().vocabulary, 2);
  EXPECT_EQ(decoded(*task, task->batch(Split::validation, 0, 1).targets[0]),
            "<unk> <unk> <unk> <unk>");
}

TEST(TextTask, ARunsVocabularyWorksWithoutItsCorpus) {
  const TemporaryFolder folder;
  const auto task = text_task(folder / "gone");
  task->prepare({.context = 4,
                 .tokenizer = std::make_shared<Tokenizer>(
                     Vocabulary{.unit = "character", .tokens = {"a", "b"}})});
  EXPECT_EQ(task->shape().vocabulary, 2);
  const auto rows = task->rows_of_text("abba", "here");
  EXPECT_EQ(rows.rows, 1);
  EXPECT_THROW(task->batch(Split::train, 0, 1), std::exception);
}

TEST(TextTask, UnusableFilesAreNamed) {
  const TemporaryFolder folder;
  const auto fails_with = [](Task& task, const std::string& message) {
    EXPECT_THAT([&] { task.prepare({.context = 8}); },
                ThrowsMessage<std::exception>(HasSubstr(message)));
  };
  fails_with(*text_task(folder / "none"), "expected a text file, got");
  fails_with(*text_task(folder.path()), "expected a text file, got");
  fails_with(*text_task(folder.write("empty", "")), "empty file");
  fails_with(*text_task(folder.write("short", "abcdef")), "shorter than a window");
  fails_with(*text_task(folder.write("latin1", "K\xE4se")), "expected UTF-8");
  fails_with(*TaskRegistry::instance().make("text"), "--set task.path=FILE");
  const auto good = text_task(folder.write("good", alphabet(20)));
  good->prepare({.context = 8});
  EXPECT_THAT([&] { good->rows_of_text("abz", "it.txt"); },
              ThrowsMessage<std::runtime_error>(HasSubstr("it.txt:1:3: the character \"z\"")));
  EXPECT_THAT([&] { good->rows_of_text("a", "it.txt"); },
              ThrowsMessage<std::runtime_error>(HasSubstr("at least 2 tokens")));
}

TEST(TextTask, SharesThatLeaveNothingToTrainOnAreRefused) {
  auto task = TaskRegistry::instance().make("text");
  set(*task, "validation", 0.5);
  set(*task, "test", 0.5);
  EXPECT_THROW(task->check(), OptionError);
}

}  // namespace
}  // namespace heed
