// Run directories from strangers.

#include "models/sequence_model.h"
#include "src/run.h"
#include "tests/src/mutated_files.h"
#include "tests/train/temporary_folder.h"
#include "train/checkpoint.h"
#include "train/file.h"

namespace heed {
namespace {

/// A run directory, as one training step leaves it.
class MutatedRuns : public ::testing::Test {
 protected:
  MutatedRuns() {
    folder_.write("text.txt",
                  "the cat sat on the mat, the dog sat on the log, and the rat sat on the cat .\n");
    folder_.write("tiny.toml", "[task]\nkind = \"text\"\npath = '" +
                                   (folder_ / "text.txt").string() +
                                   "'\n[model]\nkind = \"gru\"\nlayers = 1\nd_model = 4\n"
                                   "[train]\ncontext = 4\n");
    auto config = read_config(folder_ / "tiny.toml");
    prepare_task(config);
    const RunDirectory run(folder_ / "run");
    make_folder(run.path());
    write_file(run.config(), to_toml(config));
    save_vocabulary(run, config.task->tokenizer()->vocabulary());
    save_checkpoint(run.best(), *build_model(config), nullptr, {.step = 1});
  }

  void expect_survival_of(const std::filesystem::path& name, uint64_t stream, uint64_t count) {
    const auto path = folder_ / "run" / name;
    expect_survival_at(
        path, read_file(path), stream, [this] { open_run(folder_ / "run"); }, count);
  }

  TemporaryFolder folder_;
};

// A hundred thousand in all.
constexpr uint64_t of_each = mutated_files / 4;

TEST_F(MutatedRuns, AreOpenedOrRefusedForTheirConfig) {
  expect_survival_of("config.toml", 10, of_each);
}

TEST_F(MutatedRuns, AreOpenedOrRefusedForTheirVocabulary) {
  expect_survival_of("vocabulary.json", 11, of_each);
}

TEST_F(MutatedRuns, AreOpenedOrRefusedForTheirModel) {
  expect_survival_of("best/model.safetensors", 12, of_each);
}

TEST_F(MutatedRuns, AreOpenedOrRefusedForTheirState) {
  expect_survival_of("best/state.json", 13, of_each);
}

}  // namespace
}  // namespace heed
