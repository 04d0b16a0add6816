#include "src/files/npz.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>
#include <zip.h>

#include <fstream>
#include <sstream>
#include <stdexcept>

#include "tests/train/error_of.h"

namespace heed {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A folder of its own for each test.
class Npz : public testing::Test {
 protected:
  Npz() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::temp_directory_path() /
              (std::string("heed_npz_") + test->name() + "_" + std::to_string(::getpid()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~Npz() override { fs::remove_all(folder_); }

  fs::path path() const { return folder_ / "a.npz"; }
  size_t files() const {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  fs::path folder_;
};

std::string content_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream content;
  content << in.rdbuf();
  return content.str();
}

// The bytes of an entry, read with libzip.
std::string entry_of(const fs::path& path, const std::string& name) {
  zip_t* archive = zip_open(path.c_str(), ZIP_RDONLY, nullptr);
  if (!archive) return "no archive";
  zip_file_t* file = zip_fopen(archive, name.c_str(), 0);
  std::string content(1000, '\0');
  const auto count = file ? zip_fread(file, content.data(), content.size()) : 0;
  content.resize(static_cast<size_t>(std::max<zip_int64_t>(count, 0)));
  if (file) zip_fclose(file);
  zip_discard(archive);
  return content;
}

TEST_F(Npz, WritesTheBytesThatNumPyWouldWrite) {
  const std::vector<float> values = {1, -2, 0.5};
  NpzWriter writer(path());
  writer.add_float32("weights", {1, 3}, values);
  writer.close();
  std::string expected = "\x93NUMPY";
  expected += std::string("\x01\x00\x76\x00", 4);
  expected += "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }";
  expected += std::string(58, ' ') + "\n";
  ASSERT_EQ(expected.size(), 128U) << "the data start at a multiple of 64";
  expected += std::string("\x00\x00\x80\x3F\x00\x00\x00\xC0\x00\x00\x00\x3F", 12);
  EXPECT_EQ(entry_of(path(), "weights.npy"), expected);
}

TEST_F(Npz, KeepsNumbersOfAnyShape) {
  const std::vector<float> floats = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  const std::vector<int64_t> ints = {INT64_MIN, -1, 0, INT64_MAX};
  NpzWriter writer(path());
  writer.add_float32("scalar", {}, std::span(floats).first(1));
  writer.add_float32("vector", {12}, floats);
  writer.add_float32("maps", {1, 2, 2, 3}, floats);
  writer.add_float32("empty", {0, 3}, {});
  writer.add_int64("ids", {2, 2}, ints);
  writer.close();
  EXPECT_THAT(read_npz_entry(path(), "scalar").shape, IsEmpty());
  EXPECT_THAT(read_npz_entry(path(), "scalar").values<float>(), ElementsAre(0));
  EXPECT_THAT(read_npz_entry(path(), "vector").shape, ElementsAre(12));
  EXPECT_THAT(read_npz_entry(path(), "maps").shape, ElementsAre(1, 2, 2, 3));
  EXPECT_EQ(read_npz_entry(path(), "maps").values<float>(), floats);
  EXPECT_THAT(read_npz_entry(path(), "empty").shape, ElementsAre(0, 3));
  EXPECT_EQ(read_npz_entry(path(), "empty").size(), 0);
  EXPECT_EQ(read_npz_entry(path(), "ids").values<int64_t>(), ints);
}

TEST_F(Npz, AlignsTheDataOfEveryShapeTo64Bytes) {
  NpzWriter writer(path());
  for (size_t dimensions = 0; dimensions < 20; ++dimensions)
    writer.add_int64("a" + std::to_string(dimensions), std::vector<int64_t>(dimensions, 1),
                     std::vector<int64_t>{7});
  writer.close();
  for (size_t dimensions = 0; dimensions < 20; ++dimensions) {
    const auto bytes = entry_of(path(), "a" + std::to_string(dimensions) + ".npy");
    EXPECT_EQ((bytes.size() - 8) % 64, 0U) << dimensions << " dimensions";
    EXPECT_EQ(bytes[bytes.size() - 9], '\n') << dimensions << " dimensions";
  }
}

TEST_F(Npz, KeepsTextsOfAllLanguages) {
  const std::vector<std::string> texts = {"the", "", " ", "\n", "naïve", "שלום", "日本語", "😀"};
  NpzWriter writer(path());
  writer.add_texts("tokens", texts);
  writer.add_texts("none", {});
  writer.add_texts("blank", {""});
  writer.close();
  EXPECT_EQ(read_npz_entry(path(), "tokens").dtype, "<U5");
  EXPECT_THAT(read_npz_entry(path(), "tokens").shape, ElementsAre(8));
  EXPECT_EQ(read_npz_entry(path(), "tokens").texts(), texts);
  EXPECT_EQ(read_npz_entry(path(), "none").dtype, "<U1");
  EXPECT_THAT(read_npz_entry(path(), "none").texts(), IsEmpty());
  EXPECT_THAT(read_npz_entry(path(), "blank").texts(), ElementsAre(""));
}

TEST_F(Npz, LosesNulsAtTheEndOfATextAsNumPyDoes) {
  NpzWriter writer(path());
  writer.add_texts("tokens", {std::string("a\0b", 3), std::string("a\0", 2), std::string(1, '\0')});
  writer.close();
  EXPECT_THAT(read_npz_entry(path(), "tokens").texts(),
              ElementsAre(std::string("a\0b", 3), "a", ""));
}

TEST_F(Npz, GivesTheSameBytesForTheSameArrays) {
  const std::vector<float> values(100, 0.25F);
  for (const char* name : {"a.npz", "b.npz"}) {
    NpzWriter writer(folder_ / name);
    writer.add_float32("weights", {10, 10}, values);
    writer.add_texts("tokens", {"a", "b"});
    writer.close();
  }
  EXPECT_EQ(content_of(folder_ / "a.npz"), content_of(folder_ / "b.npz"));
}

TEST_F(Npz, RefusesArraysThatCannotBeWritten) {
  NpzWriter writer(path());
  const std::vector<float> values(6);
  EXPECT_THAT(
      error_of([&] {
        writer.add_float32("a", {2, 2}, values);
      }),
      testing::AllOf(HasSubstr("a.npz: array \"a\""), HasSubstr("(2, 2)"), HasSubstr("6 values")));
  EXPECT_THAT(error_of([&] { writer.add_float32("a", {-2, -3}, values); }), HasSubstr("(-2, -3)"));
  EXPECT_THAT(error_of([&] {
                writer.add_float32("a", {INT64_MAX, INT64_MAX}, values);
              }),
              HasSubstr("does not fit"));
  EXPECT_THAT(error_of([&] { writer.add_float32("../a", {6}, values); }), HasSubstr("slashes"));
  EXPECT_THAT(error_of([&] { writer.add_float32("", {6}, values); }), HasSubstr("empty"));
  writer.add_float32("a", {6}, values);
  EXPECT_THAT(error_of([&] { writer.add_float32("a", {6}, values); }), HasSubstr("twice"));
  EXPECT_THAT(error_of([&] {
                writer.add_texts("t", {"a", "b\xFF"});
              }),
              testing::AllOf(HasSubstr("array \"t\", text 1"), HasSubstr("62 FF")));
  EXPECT_THAT(error_of([&] { NpzWriter(path()).close(); }), HasSubstr("at least one array"));
}

TEST_F(Npz, WritesNothingBeforeClose) {
  {
    NpzWriter writer(path());
    writer.add_int64("a", {1}, std::vector<int64_t>{1});
  }
  EXPECT_EQ(files(), 0U);
}

TEST_F(Npz, NamesThePathAndTheReasonIfItCannotWrite) {
  NpzWriter writer(folder_ / "absent" / "a.npz");
  EXPECT_THAT(error_of([&] { writer.add_int64("a", {1}, std::vector<int64_t>{1}); }),
              testing::AllOf(HasSubstr("absent/a.npz"), HasSubstr("No such file or directory")));
  NpzWriter over_folder(folder_);
  over_folder.add_int64("a", {1}, std::vector<int64_t>{1});
  EXPECT_THAT(error_of([&] { over_folder.close(); }), HasSubstr(folder_.string()));
}

// A file size limit acts like a full disk: the write fails in the middle.
TEST_F(Npz, KeepsTheOldFileAndNothingElseIfTheDiskIsFull) {
  NpzWriter old(path());
  old.add_int64("a", {1}, std::vector<int64_t>{1});
  old.close();
  const auto before = content_of(path());

  ::signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &limit), 0);
  rlimit small = limit;
  small.rlim_cur = 10000;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const std::vector<float> most(2460, 1), more(10000, 1);
  const auto in_adding = error_of([&] { NpzWriter(path()).add_float32("b", {100, 100}, more); });
  const auto in_closing = error_of([&] {  // the archive is larger than its arrays
    NpzWriter writer(path());
    writer.add_float32("b", {2460}, most);  // 128 bytes before the numbers
    writer.close();
  });
  ::setrlimit(RLIMIT_FSIZE, &limit);

  for (const auto& error : {in_adding, in_closing})
    EXPECT_THAT(error, testing::AllOf(HasSubstr(path().string()), HasSubstr("File too large")));
  EXPECT_EQ(content_of(path()), before);
  EXPECT_EQ(files(), 1U);
}

TEST_F(Npz, HalvesAreWrittenAsFloat16) {
  const std::vector<c10::Half> values = {0.5F, -2.0F, 65504.0F, 0.0999755859375F};
  NpzWriter writer(path());
  writer.add_float16("a", {2, 2}, values);
  writer.close();
  const auto array = read_npz_entry(path(), "a");
  EXPECT_EQ(array.dtype, "<f2");
  EXPECT_THAT(array.shape, ElementsAre(2, 2));
  EXPECT_THAT(array.values<float>(), ElementsAre(0.5F, -2.0F, 65504.0F, 0.0999755859375F));
  EXPECT_EQ(array.data.substr(0, 4), std::string("\x00\x38\x00\xC0", 4));
}

TEST_F(Npz, BeforeCloseNoFileIsVisibleAndOneDescriptorIsOpen) {
  const auto descriptors = [] {
    return std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator());
  };
  const auto before = descriptors();
  {
    NpzWriter writer(path());
    for (int i = 0; i < 50; ++i)
      writer.add_int64("a" + std::to_string(i), {1}, std::vector<int64_t>{i});
    EXPECT_EQ(files(), 0U) << "no file is left, however the program ends";
    EXPECT_LE(descriptors(), before + 1);
    writer.close();
  }
  EXPECT_EQ(descriptors(), before);
  EXPECT_EQ(files(), 1U);
}

TEST_F(Npz, ARefusedArrayDoesNotDamageTheOthers) {
  NpzWriter writer(path());
  writer.add_int64("a", {1}, std::vector<int64_t>{1});
  EXPECT_THAT(error_of([&] { writer.add_int64("b", {3}, std::vector<int64_t>{1}); }),
              HasSubstr("does not fit"));
  EXPECT_THAT(error_of([&] { writer.add_int64("a", {1}, std::vector<int64_t>{1}); }),
              HasSubstr("twice"));
  writer.add_int64("b", {2}, std::vector<int64_t>{2, 3});
  writer.close();
  EXPECT_THAT(read_npz_entry(path(), "a").values<int64_t>(), ElementsAre(1));
  EXPECT_THAT(read_npz_entry(path(), "b").values<int64_t>(), ElementsAre(2, 3));
}

// More entries than open files per process, and than a zip without extensions can hold.
TEST_F(Npz, HoldsTensOfThousandsOfArrays) {
  constexpr int64_t count = 66'000;
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  rlimit few = limit;
  few.rlim_cur = 64;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  NpzWriter writer(path());
  for (int64_t i = 0; i < count; ++i)
    writer.add_int64("a" + std::to_string(i), {2}, std::vector<int64_t>{i, -i});
  const auto error = error_of([&] { writer.close(); });
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ASSERT_EQ(error, "no error");
  for (const int64_t i : {int64_t{0}, int64_t{65'536}})
    EXPECT_THAT(read_npz_entry(path(), "a" + std::to_string(i)).values<int64_t>(),
                ElementsAre(i, -i));
}

long resident_peak() {  // in KiB, of this process so far
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

TEST_F(Npz, ArraysAreNotHeldInMemory) {
  const std::vector<float> values(1 << 18, 0.5F);  // 1 MiB
  const auto before = resident_peak();
  NpzWriter writer(path());
  for (int i = 0; i < 100; ++i) writer.add_float32("a" + std::to_string(i), {1 << 18}, values);
  writer.close();
  EXPECT_LT(resident_peak() - before, 20 << 10) << "100 MiB were written";
  EXPECT_GT(fs::file_size(path()), 100U << 20);
}

TEST_F(Npz, ReplacesAnOldFile) {
  std::ofstream(path()) << "no archive at all";
  NpzWriter writer(path());
  writer.add_int64("a", {1}, std::vector<int64_t>{5});
  writer.close();
  EXPECT_THAT(read_npz_entry(path(), "a").values<int64_t>(), ElementsAre(5));
  EXPECT_EQ(files(), 1U);
}

TEST_F(Npz, ListsTheArraysIfOneIsMissing) {
  NpzWriter writer(path());
  writer.add_int64("mask", {1}, std::vector<int64_t>{1});
  writer.close();
  EXPECT_THAT(error_of([&] { read_npz_entry(path(), "masks"); }),
              testing::AllOf(HasSubstr("array \"masks\""), HasSubstr("mask.npy")));
  EXPECT_THAT(error_of([&] { read_npz_entry(folder_ / "no.npz", "a"); }),
              testing::AllOf(HasSubstr("no.npz"), HasSubstr("No such file")));
}

TEST_F(Npz, RefusesAnArrayThatIsPackedTooDensely) {
  const std::string zeros(size_t{40} << 20, '\0');
  zip_t* archive = zip_open(path().c_str(), ZIP_CREATE, nullptr);
  zip_file_add(archive, "a.npy", zip_source_buffer(archive, zeros.data(), zeros.size(), 0), 0);
  ASSERT_EQ(zip_close(archive), 0);
  ASSERT_LT(fs::file_size(path()), size_t{1} << 20);
  EXPECT_THAT(error_of([&] { read_npz_entry(path(), "a"); }),
              testing::AllOf(HasSubstr("a.npz"), HasSubstr("packed into too few")));
}

TEST_F(Npz, RefusesDamagedArchives) {
  NpzWriter writer(path());
  writer.add_float32("a", {1000}, std::vector<float>(1000, 1));
  writer.close();
  auto bytes = content_of(path());
  bytes[2000] = static_cast<char>(bytes[2000] ^ 1);
  std::ofstream(folder_ / "flipped.npz", std::ios::binary) << bytes;
  EXPECT_THAT(error_of([&] { read_npz_entry(folder_ / "flipped.npz", "a"); }), HasSubstr("CRC"));
  for (const size_t size : {0UL, 1UL, 100UL, 2000UL, bytes.size() - 1}) {
    std::ofstream(folder_ / "cut.npz", std::ios::binary) << bytes.substr(0, size);
    EXPECT_THAT(error_of([&] { read_npz_entry(folder_ / "cut.npz", "a"); }), HasSubstr("cut.npz"))
        << size << " bytes";
  }
}

}  // namespace
}  // namespace heed
