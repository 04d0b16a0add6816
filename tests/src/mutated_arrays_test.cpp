// Arrays and texts from strangers: whatever is in them, a reader reads them or says what is wrong.

#include "src/npy.h"
#include "src/npz.h"
#include "tests/src/mutated_files.h"
#include "tests/train/temporary_folder.h"
#include "train/file.h"
#include "train/idx_file.h"
#include "train/safetensors.h"
#include "train/utf8.h"

namespace heed {
namespace {

TEST(MutatedFiles, OfSafetensorsAreReadOrRefused) {
  const TemporaryFolder folder;
  write_safetensors(folder / "a",
                    {{"w", at::arange(6, at::kFloat).view({2, 3})}, {"b", at::ones({3})}},
                    {{"made by", "a test"}});
  expect_survival_at(folder / "mutated", read_file(folder / "a"), 1,
                     [&] { read_safetensors(folder / "mutated"); });
}

TEST(MutatedFiles, OfNpzAreReadOrRefused) {
  const TemporaryFolder folder;
  NpzWriter npz(folder / "a");
  const std::vector<float> numbers = {1, 2, 3, 4};
  npz.add_float32("a", {2, 2}, numbers);
  npz.add_texts("words", {"one", "two"});
  npz.close();
  expect_survival_at(folder / "mutated", read_file(folder / "a"), 2,
                     [&] { read_npz_entry(folder / "mutated", "a"); });
}

TEST(MutatedFiles, OfNpyAreReadOrRefused) {
  expect_survival("a.npy", npy_uint8({2, 3}, std::vector<uint8_t>{1, 2, 3, 4, 5, 6}), 3,
                  [](const std::string& bytes) { read_npy(bytes, "a.npy"); });
}

TEST(MutatedFiles, OfIdxAreReadOrRefused) {
  const TemporaryFolder folder;
  const std::string sound(
      "\0\0\x08\x02\0\0\0\x02\0\0\0\x03"
      "abcdef",
      18);
  expect_survival_at(folder / "mutated", sound, 4, [&] { read_idx(folder / "mutated", 2); });
}

TEST(MutatedFiles, OfTextAreReadOrRefused) {
  expect_survival("the text", "na\xc3\xafve \xe2\x82\xac \xf0\x9f\x90\x88, plain words", 5,
                  [](const std::string& bytes) { utf8_characters(bytes, "the text"); });
}

}  // namespace
}  // namespace heed
